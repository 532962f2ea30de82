import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { type CommandLine, commandLine } from "../../support/command_line.ts";
import { START_TIME } from "../../support/fake_system.ts";
import { testWith } from "../../support/needs.ts";

const DEFAULT_ADDRESS = "http://127.0.0.1:18900";

type Variables = { readonly [name: string]: string };

async function variablesOf(box: CommandLine, ...args: string[]): Promise<Variables> {
  const { code, out, err } = await box.run(["env", "--shell", "json", ...args]);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

/** What each provider's SDK is to be told, if it is the only one. */
const EXPECTED: [id: string, keys: string[], bases: string[], path: string][] = [
  ["openai", ["OPENAI_API_KEY"], ["OPENAI_BASE_URL"], "/openai/v1"],
  ["openai-oauth", ["OPENAI_API_KEY"], ["OPENAI_BASE_URL"], "/openai-oauth/v1"],
  ["anthropic", ["ANTHROPIC_API_KEY"], ["ANTHROPIC_BASE_URL"], "/anthropic"],
  ["google", ["GEMINI_API_KEY", "GOOGLE_API_KEY"], ["GOOGLE_GEMINI_BASE_URL"], "/google"],
];

Deno.test("env prints the token and the route for a provider's SDK", async (t) => {
  using box = commandLine();
  for (const [id, keys, bases, path] of EXPECTED) {
    await t.step(id, async () => {
      const variables = await variablesOf(box, "--provider", id);
      assert.deepEqual(Object.keys(variables).sort(), [...keys, ...bases].sort());
      for (const name of keys) assert.match(variables[name]!, /^agz_[\w-]{43}$/);
      for (const name of bases) assert.equal(variables[name], DEFAULT_ADDRESS + path);
    });
  }
  for (const { id, sdk } of PROVIDERS) {
    await t.step(`${id} has all that its row lists`, async () => {
      const names = Object.keys(await variablesOf(box, "--provider", id));
      assert.deepEqual(names.sort(), [...sdk.key, ...sdk.base].sort());
      assert.ok(names.length >= 2);
    });
  }
});

Deno.test("env prints only what has a credential, unless it is told the providers", async () => {
  using box = commandLine();
  await box.run(["providers", "set", "anthropic", "sk-ant-1"]);
  assert.deepEqual(Object.keys(await variablesOf(box)), ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"]);
  assert.deepEqual(Object.keys(await variablesOf(box, "--provider", "mistral", "yi")).sort(), [
    "MISTRAL_API_KEY",
    "MISTRAL_BASE_URL",
    "YI_API_KEY",
    "YI_BASE_URL",
  ]);
});

const CLASHES: [asked: string[], name: string, id: string][] = [
  [["openai", "openai-oauth"], "OPENAI_BASE_URL", "openai"],
  [["openai-oauth", "openai"], "OPENAI_BASE_URL", "openai"],
  [["zhipu-coding-plan", "zhipu"], "ZAI_BASE_URL", "zhipu"],
  [["minimax-oauth", "minimax"], "MINIMAX_BASE_URL", "minimax"],
];

Deno.test("env gives a variable that two providers want to the first of the table", async (t) => {
  using box = commandLine();
  for (const [asked, name, id] of CLASHES) {
    await t.step(asked.join(" "), async () => {
      const variables = await variablesOf(box, "--provider", ...asked);
      assert.ok(variables[name]!.startsWith(`${DEFAULT_ADDRESS}/${id}/`), variables[name]!);
    });
  }
});

Deno.test("env makes the default client once", async () => {
  using box = commandLine();
  const tokens = [];
  for (let i = 0; i < 3; i++) tokens.push((await variablesOf(box, "--provider", "openai")).OPENAI_API_KEY);
  assert.equal(new Set(tokens).size, 1);
  const clients = JSON.parse((await box.run(["clients", "list", "--json"])).out);
  assert.deepEqual(
    clients.map(({ name, allow, expiresAt, minting }: Variables) => [name, allow, expiresAt, minting]),
    [
      ["default", null, null, false],
    ],
  );
});

Deno.test("env makes the default client once when many ask at the same time", async () => {
  using box = commandLine();
  const all = await Promise.all(Array.from({ length: 8 }, () => variablesOf(box, "--provider", "openai")));
  assert.equal(new Set(all.map((variables) => variables.OPENAI_API_KEY)).size, 1);
});

Deno.test("env --client prints that client's token, and makes none", async () => {
  using box = commandLine();
  const { out } = await box.run(["clients", "add", "ci"]);
  const variables = await variablesOf(box, "--client", "ci", "--provider", "openai");
  assert.equal(variables.OPENAI_API_KEY, out.trim());
  const missing = await box.run(["env", "--client", "other"]);
  assert.deepEqual([missing.code, missing.out], [4, ""]);
  const clients = JSON.parse((await box.run(["clients", "list", "--json"])).out);
  assert.deepEqual(clients.map(({ name }: Variables) => name), ["ci"]);
});

const TIMES: [what: string, milliseconds: number, code: number][] = [
  ["before", 3_599_999, 0],
  ["at", 3_600_000, 6],
  ["long after", 9_999_999_999, 6],
];

Deno.test("env does not print a token that has ended", async (t) => {
  for (const name of ["ci", "default"]) {
    using box = commandLine();
    await box.run(["clients", "add", name, "--expires", "1h"]);
    for (const [what, milliseconds, code] of TIMES) {
      await t.step(`of ${name}, ${what} its end`, async () => {
        const args = ["env", "--client", name, "--provider", "openai"];
        const result = await box.run(args, { time: START_TIME + milliseconds });
        assert.equal(result.code, code, result.err);
        assert.equal(result.out.includes("agz_"), code === 0);
        if (code !== 0) {
          assert.match(result.err, /has expired\nagentgazer: hint: .*agentgazer clients remove/);
        }
      });
    }
  }
});

const ADDRESSES: [what: string, content: string, address: string][] = [
  ["the running proxy's", '{"url":"http://127.0.0.1:4321","port":4321,"pid":1}', "http://127.0.0.1:4321"],
  ["one of IPv6", '{"url":"http://[::1]:4321","port":4321,"pid":1}', "http://[::1]:4321"],
  ["the default at nonsense", "{", DEFAULT_ADDRESS],
  ["the default where no port is named", '{"url":"http://127.0.0.1:4321","pid":1}', DEFAULT_ADDRESS],
  [
    "the default at a URL that would break out",
    `{"url":"http://x:1';id;'","port":4321,"pid":1}`,
    DEFAULT_ADDRESS,
  ],
  [
    "a name's, over TLS",
    '{"url":"https://gateway.lan:4321","port":4321,"pid":1}',
    "https://gateway.lan:4321",
  ],
  [
    "the default at a name without TLS",
    '{"url":"http://gateway.lan:1","port":4321,"pid":1}',
    DEFAULT_ADDRESS,
  ],
  ["the default at another scheme", '{"url":"ftp://gateway.lan:1","port":4321,"pid":1}', DEFAULT_ADDRESS],
  ["the default at userinfo", '{"url":"https://a@gateway.lan:1","port":4321,"pid":1}', DEFAULT_ADDRESS],
  ["the default at a path", '{"url":"https://gateway.lan:1/x","port":4321,"pid":1}', DEFAULT_ADDRESS],
  ["the default at null", "null", DEFAULT_ADDRESS],
];

Deno.test("env prints the address of the proxy", async (t) => {
  using box = commandLine();
  await box.run(["clients", "add", "default"]);
  for (const [what, content, address] of ADDRESSES) {
    await t.step(what, async () => {
      Deno.writeTextFileSync(`${box.home}/proxy.json`, content, { mode: 0o600 });
      using file = Deno.openSync(`${box.home}/proxy.json`, { write: true });
      file.lockSync(true);
      const { OPENAI_BASE_URL } = await variablesOf(box, "--provider", "openai");
      assert.equal(OPENAI_BASE_URL, `${address}/openai/v1`);
    });
  }
});

Deno.test("env does not believe the file of a proxy that was killed", async () => {
  using box = commandLine();
  await box.run(["clients", "add", "default"]);
  Deno.writeTextFileSync(`${box.home}/proxy.json`, ADDRESSES[0]![1], { mode: 0o600 });
  const { OPENAI_BASE_URL } = await variablesOf(box, "--provider", "openai");
  assert.equal(OPENAI_BASE_URL, `${DEFAULT_ADDRESS}/openai/v1`);
});

Deno.test("env prints nothing to evaluate, and a hint, when no credential is stored", async () => {
  using box = commandLine();
  const { code, out, err } = await box.run(["env"]);
  assert.deepEqual([code, out], [0, ""]);
  assert.match(err, /no credential is stored.*\nagentgazer: hint: agentgazer providers set <id>\n$/);
  assert.deepEqual(await variablesOf(box), {});
});

Deno.test("env --shell posix is evaluated by a real shell to what json says", async () => {
  await checkShell("posix", ["/bin/sh", "-c", 'eval "$1"; exec env', "sh"]);
});

testWith(["shells"], "env is evaluated by bash, zsh and fish to what json says", async () => {
  await checkShell("posix", ["bash", "-c", 'eval "$1"; exec env', "bash"]);
  await checkShell("posix", ["zsh", "-fc", 'eval "$1"; exec env', "zsh"]);
  await checkShell("fish", ["fish", "--no-config", "-c", "eval $argv[1]; exec env", "--"]);
});

async function checkShell(shell: string, [program, ...args]: string[]): Promise<void> {
  using box = commandLine();
  const all = ["--provider", ...PROVIDERS.map(({ id }) => id)];
  const { out } = await box.run(["env", "--shell", shell, ...all]);
  const { stdout } = await new Deno.Command(program!, { args: [...args, out], env: { HOME: box.home } })
    .output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  for (const [name, value] of Object.entries(await variablesOf(box, ...all))) {
    assert.ok(lines.includes(`${name}=${value}`), `${name} in ${program}`);
  }
}
