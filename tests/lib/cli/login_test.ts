import assert from "node:assert/strict";
import { CANARY } from "../../support/canary.ts";
import { type CommandLine, commandLine, type CommandOptions } from "../../support/command_line.ts";
import { putEntry, troubledKeyStores } from "../../support/command_vault.ts";
import { START_TIME } from "../../support/fake_system.ts";
import { stored } from "../../support/stored.ts";
import { makeCodex } from "../../support/vendors/codex.ts";
import type { Desk } from "../../support/vendors/desk.ts";
import { makeMiniMax } from "../../support/vendors/minimax.ts";

const now = () => START_TIME;

/** Sends to a stand-in, and notes where. Only the pause between two questions ever ends. */
function reaching(desk: Desk<string>, pause: number) {
  const hosts: string[] = [];
  const opened: string[] = [];
  const options: CommandOptions = {
    fetch(url, options) {
      hosts.push(new URL(url).host);
      return desk.answer(new Request(url, options as RequestInit));
    },
    sleep: (ms) => ms === pause ? Promise.resolve() : new Promise(() => {}),
    openBrowser(url) {
      opened.push(url);
      return Promise.resolve(true);
    },
  };
  return { hosts, opened, options };
}

function assertNoVault({ home }: CommandLine): void {
  assert.throws(() => Deno.lstatSync(`${home}/vault.json`), Deno.errors.NotFound);
}

const REFUSED: [args: string[], code: number, says: RegExp, env?: Record<string, string>][] = [
  [
    ["openai"],
    2,
    /OpenAI has no login: it takes an API key\nagentgazer: hint: agentgazer providers set openai\n$/,
  ],
  [["zhipu"], 2, /takes an API key\nagentgazer: hint: agentgazer providers set zhipu\n$/],
  [[CANARY], 2, /Cannot find a provider with that id/],
  [["openai-oath"], 2, /did you mean `openai-oauth`\?/],
  [[], 2, /<id> is missing/],
  [["openai-oauth", "minimax-oauth"], 2, /Too many arguments/],
  [["openai-oauth", "--token", CANARY], 2, /Unknown option/],
  [
    ["zhipu-coding-plan", "--device"],
    2,
    /has no login with a code\nagentgazer: hint: agentgazer login zhipu-coding-plan\n$/,
  ],
  [["openai-oauth", "--region", "global"], 2, /for OpenAI Codex: it has no regions/],
  [["openai-oauth", "--device", "--region", "cn"], 2, /for OpenAI Codex: it has no regions/],
  [
    ["minimax-oauth", "--region", CANARY],
    2,
    /its regions are global, cn\nagentgazer: hint: agentgazer login minimax-oauth --region global\n$/,
  ],
  [["minimax-oauth", "--region", "legacy"], 2, /its regions are global, cn/],
  [["zhipu-coding-plan", "--region", "toString"], 2, /its regions are global, cn/],
  [["zhipu-coding-plan", "--region", ""], 2, /its regions are global, cn/],
  [["minimax-oauth", "--region"], 2, /needs a value/],
  ...["openai-oauth", "minimax-oauth", "zhipu-coding-plan"].map(
    (id): [string[], number, RegExp, Record<string, string>] => {
      return [[id], 6, /Cannot log in while SSLKEYLOGFILE is set.*\n.*unset SSLKEYLOGFILE\n$/, {
        SSLKEYLOGFILE: CANARY,
      }];
    },
  ),
];

Deno.test("login refuses what it can't do, asks nothing and calls nobody", async (t) => {
  for (const [args, code, says, env = {}] of REFUSED) {
    await t.step(`${args.join(" ").replace(CANARY, "…")} ${Object.keys(env)}`, async () => {
      using line = commandLine();
      const { hosts, opened, options } = reaching(makeCodex({ now }), 5000);
      const result = await line.run(["login", ...args], { ...options, env, isTerminal: true });
      assert.deepEqual([result.code, result.out], [code, ""], result.err);
      assert.match(result.err, says);
      assert.ok(!result.err.includes(CANARY));
      assert.deepEqual([hosts, opened], [[], []]);
      assertNoVault(line);
    });
  }
});

Deno.test("login asks nothing of anybody when its tokens could not be stored", async (t) => {
  for (
    const args of [["openai-oauth"], ["openai-oauth", "--device"], ["minimax-oauth"], ["zhipu-coding-plan"]]
  ) {
    for (const isNew of [true, false]) {
      await t.step(`${args.join(" ")}, ${isNew ? "no vault" : "a vault"}`, async () => {
        using line = commandLine();
        if (!isNew) await putEntry(line, "api-key", "yi", "key");
        const keyStores = troubledKeyStores({ state: "locked", reason: "It is locked", hint: "unlock it" });
        const { hosts, opened, options } = reaching(makeCodex({ now }), 5000);
        const result = await line.run(["login", ...args], { ...options, keyStores, isTerminal: true });
        assert.deepEqual([result.code, result.err], [
          5,
          "agentgazer: error: It is locked\nagentgazer: hint: unlock it\n",
        ]);
        assert.deepEqual([hosts, opened], [[], []]);
      });
    }
  }
});

Deno.test("login --device keeps what the service gives, and says whose it is", async () => {
  using line = commandLine();
  const codex = makeCodex({ now });
  const { opened, options } = reaching(codex, 5000);
  const { code, out, err } = await line.run(["login", "openai-oauth", "--device"], {
    ...options,
    onErr: (text) => /enter the code/.test(text) && codex.approveDevice(),
  });
  assert.deepEqual([code, out], [0, ""], err);
  assert.match(
    err,
    /\nagentgazer: logged in to OpenAI Codex as someone@example\.test \(plus\)\nagentgazer: hint: to use it: agentgazer start\n$/,
  );
  for (const secret of codex.secrets(["user-code"])) assert.ok(!err.includes(secret));
  const kept = JSON.parse((await stored(line.home, "login", "openai-oauth"))!);
  assert.deepEqual([kept.accountId, codex.secrets().includes(kept.refreshToken)], [
    codex.settings.account.id,
    true,
  ]);
  assert.deepEqual(opened, []);
  const { out: rows } = await line.run(["providers", "list", "--json"]);
  const [{ status, account, plan }] = JSON.parse(rows);
  assert.deepEqual([status, account, plan], ["logged-in", "someone@example.test", "plus"]);
});

/** What --region and config.json say, and where the login is made. */
const REGIONS: [option: string | undefined, config: string | undefined, region: "global" | "cn"][] = [
  [undefined, undefined, "global"],
  [undefined, "cn", "cn"],
  [undefined, "global", "global"],
  ["cn", undefined, "cn"],
  ["global", "cn", "global"],
  ["cn", "nowhere", "cn"],
];

Deno.test("login is made in the region of --region, else of config.json, and keeps it", async (t) => {
  for (const [option, config, region] of REGIONS) {
    await t.step(`--region ${option}, config.json ${config}`, async () => {
      using line = commandLine();
      if (config !== undefined) {
        Deno.mkdirSync(line.home, { mode: 0o700 });
        const text = JSON.stringify({ providers: { "minimax-oauth": { region: config } } });
        Deno.writeTextFileSync(`${line.home}/config.json`, text, { mode: 0o600 });
      }
      const minimax = makeMiniMax({ now });
      const { hosts, opened, options } = reaching(minimax, 3000);
      const chosen = option === undefined ? [] : ["--region", option];
      const { code, err } = await line.run(["login", "minimax-oauth", ...chosen], {
        ...options,
        onErr: (text) => /confirm the code/.test(text) && minimax.approve(region),
      });
      assert.equal(code, 0, err);
      const site = region === "cn" ? "minimaxi.com" : "minimax.io";
      assert.deepEqual([...new Set(hosts)], [`account.${site}`]);
      assert.ok(opened.length === 1 && new URL(opened[0]!).host.endsWith(`.${site}`), `${opened}`);
      if (config !== undefined) Deno.removeSync(`${line.home}/config.json`);
      const [row] = JSON.parse((await line.run(["providers", "list", "--json"])).out);
      assert.deepEqual([row.region, row.endpoint], [region, `https://api.${site}/anthropic`]);
    });
  }
});

Deno.test("login stops at a region in config.json that there is not, before it calls anybody", async () => {
  using line = commandLine();
  Deno.mkdirSync(line.home, { mode: 0o700 });
  const text = JSON.stringify({ providers: { "minimax-oauth": { region: CANARY } } });
  Deno.writeTextFileSync(`${line.home}/config.json`, text, { mode: 0o600 });
  const { hosts, options } = reaching(makeMiniMax({ now }), 3000);
  const { code, err } = await line.run(["login", "minimax-oauth"], options);
  assert.deepEqual([code, hosts], [2, []]);
  assert.match(
    err,
    /hint: write another region of "minimax-oauth" into \S+config\.json, such as "global"\n$/,
  );
  assert.ok(!err.includes(CANARY));
});

Deno.test("login puts its success on a line of its own on a terminal", async (t) => {
  for (const id of ["openai-oauth", "minimax-oauth"]) {
    await t.step(id, async () => {
      using line = commandLine();
      const [codex, minimax] = [makeCodex({ now }), makeMiniMax({ now })];
      const isCodex = id === "openai-oauth";
      const { options } = reaching(isCodex ? codex : minimax, isCodex ? 5000 : 3000);
      const { code, err } = await line.run(["login", id, ...isCodex ? ["--device"] : []], {
        ...options,
        isTerminal: true,
        onErr(text) {
          if (/(enter|confirm) the code/.test(text)) {
            isCodex ? codex.approveDevice() : minimax.approve("global");
          }
        },
      });
      assert.equal(code, 0, err);
      assert.ok(
        shown(err).some((line) => line.startsWith("agentgazer: logged in to ")),
        shown(err).join("\n"),
      );
      assert.ok(!shown(err).some((line) => /left, waiting/.test(line)), shown(err).join("\n"));
    });
  }
});

/** The lines that stay on a terminal: one is erased from its beginning. */
function shown(text: string): string[] {
  return text.split("\n").map((line) => line.split("\r\x1b[2K").at(-1)!);
}
