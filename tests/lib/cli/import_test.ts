import assert from "node:assert/strict";
import { type CommandLine, commandLine, type Result } from "../../support/command_line.ts";
import { fakeItems, noItems } from "../../support/fake_items.ts";
import { START_TIME } from "../../support/fake_system.ts";
import { LEGACY_IDENTITY, legacyFile } from "../../support/legacy_file.ts";
import { stored } from "../../support/stored.ts";
import type { LegacyItems } from "../../../lib/vault/legacy.ts";

const KEY = "com.agentgazer.provider";
const LOGIN = "com.agentgazer.oauth";
const SALT = "ab".repeat(32);

Deno.test("import agentgazer takes keys and logins of the file, and leaves it as it is", async (t) => {
  const login = {
    accessToken: "a-1",
    refreshToken: "r-1",
    expiresAt: START_TIME / 1000 + 60,
    scope: "s",
    accountId: "acc",
  };
  const services = {
    [KEY]: { openai: "sk-1", anthropic: "sk-ant-admin01-x", "zhipu-coding-plan": "z-1" },
    [LOGIN]: { "openai-oauth": JSON.stringify(login) },
    "com.agentgazer.other": { openai: "no", "openai-oauth": "no" },
  };
  for (const saltHex of [undefined, SALT]) {
    await t.step(saltHex === undefined ? "of the first versions" : "of later versions", async () => {
      using box = boxWith(legacyFile(JSON.stringify(services), saltHex === undefined ? {} : { saltHex }));
      if (saltHex !== undefined) writeConfig(box, `{"_machineKeySalt":"${saltHex}","_saltMigrated":true}`);
      const before = look(box);
      const { code, out, err } = await run(box);
      assert.deepEqual([code, out], [0, ""], err);
      assert.match(
        err,
        /in the vault now: openai, anthropic, zhipu-coding-plan, openai-oauth; the originals are unt/,
      );
      assert.equal(await stored(box.home, "api-key", "openai"), "sk-1");
      assert.equal(await stored(box.home, "api-key", "anthropic"), "sk-ant-admin01-x");
      assert.equal(await stored(box.home, "login", "zhipu-coding-plan"), '{"accessToken":"z-1"}');
      const { expiresAt: _, ...tokens } = login;
      assert.deepEqual(JSON.parse((await stored(box.home, "login", "openai-oauth"))!), tokens);
      assert.deepEqual(look(box), before);
      const again = await run(box);
      assert.deepEqual([again.code, again.err], [0, err]);
      assert.deepEqual(look(box), before);
    });
  }
});

const ENDS: [what: string, expiresAt: unknown, end: string | undefined, status: string][] = [
  ["in seconds", START_TIME / 1000 + 60, new Date(START_TIME + 60_000).toISOString(), "logged-in"],
  ["in seconds, in the past", START_TIME / 1000 - 60, new Date(START_TIME - 60_000).toISOString(), "expired"],
  ["in milliseconds", START_TIME + 60_000, new Date(START_TIME + 60_000).toISOString(), "logged-in"],
  ["absent", undefined, undefined, "logged-in"],
  ["null", null, undefined, "logged-in"],
  ["zero", 0, undefined, "logged-in"],
  ["negative", -5, undefined, "logged-in"],
  ["a text", "soon", undefined, "logged-in"],
  ["a list", [5], undefined, "logged-in"],
  ["far beyond any date", 1e300, undefined, "logged-in"],
  ["just beyond", 1e14, undefined, "logged-in"],
  ["a fraction", 0.25, "1970-01-01T00:00:00.250Z", "expired"],
];

Deno.test("import agentgazer keeps when a login ends, if that makes sense", async (t) => {
  for (const [what, expiresAt, end, status] of ENDS) {
    await t.step(what, async () => {
      using box = boxWith(
        file({ [LOGIN]: { "minimax-oauth": JSON.stringify({ accessToken: "a", expiresAt }) } }),
      );
      const { code, err } = await run(box);
      assert.equal(code, 0, err);
      const [row] = JSON.parse((await box.run(["providers", "list", "--json"])).out);
      assert.deepEqual([row.id, row.status, row.expiresAt], ["minimax-oauth", status, end]);
    });
  }
});

const RENEWABLE: [what: string, tokens: object, renewable: true | undefined][] = [
  ["a refresh token", { refreshToken: "r" }, true],
  ["none", {}, undefined],
  ["an empty one", { refreshToken: "" }, undefined],
  ["one that is no text", { refreshToken: 5 }, undefined],
  ["one of two lines", { refreshToken: "r\n" }, undefined],
  ["none, and says otherwise", { renewable: true }, undefined],
];

Deno.test("import agentgazer notes whether a login can be renewed", async (t) => {
  for (const [what, tokens, renewable] of RENEWABLE) {
    await t.step(what, async () => {
      const expiresAt = START_TIME - 1000;
      const login = JSON.stringify({ accessToken: "a", expiresAt, ...tokens });
      using box = boxWith(file({ [LOGIN]: { "minimax-oauth": login } }));
      assert.equal((await run(box)).code, 0);
      const { entries } = JSON.parse(Deno.readTextFileSync(`${box.home}/vault.json`));
      assert.equal(entries["login:minimax-oauth"].renewable, renewable);
      const [row] = JSON.parse((await box.run(["providers", "list", "--json"])).out);
      assert.equal(row.status, renewable ? "logged-in" : "expired");
    });
  }
});

Deno.test("import agentgazer reads what the keystore has", async () => {
  using box = commandLine();
  const items = fakeItems({ [`${KEY}/openai`]: "sk-1", [`${LOGIN}/openai-oauth`]: '{"accessToken":"a"}' });
  const { code, err } = await run(box, [noItems(), items]);
  assert.equal(code, 0, err);
  assert.match(err, /in the vault now: openai, openai-oauth;/);
  assert.equal(await stored(box.home, "api-key", "openai"), "sk-1");
  assert.equal(new Set(items.asked).size, items.asked.length);
});

Deno.test("import agentgazer overwrites nothing, and says what it left out", async (t) => {
  using box = boxWith(file({ [KEY]: { openai: "theirs", yi: "same", google: "new" } }));
  await box.run(["providers", "set", "openai", "mine", "--force"]);
  await box.run(["providers", "set", "yi", "same"]);
  const { code, err } = await run(box);
  assert.equal(code, 0, err);
  assert.match(err, /in the vault now: yi, google;/);
  assert.match(
    err,
    /left out openai: the vault has another credential for it\n.*hint: .*providers remove openai/,
  );
  assert.equal(await stored(box.home, "api-key", "openai"), "mine");
  await t.step("and the hint works", async () => {
    await box.run(["providers", "remove", "openai", "--yes"]);
    await run(box);
    assert.equal(await stored(box.home, "api-key", "openai"), "theirs");
  });
});

Deno.test("import agentgazer looks in the product's own folder as well", async () => {
  using box = boxWith(file({ [KEY]: { openai: "sk-1" } }));
  const userHome = `${box.home}/user`;
  Deno.mkdirSync(`${userHome}/.agentgazer`, { recursive: true });
  Deno.writeTextFileSync(
    `${userHome}/.agentgazer/secrets.enc`,
    legacyFile(text({ [KEY]: { yi: "k" } }), { saltHex: SALT }),
  );
  Deno.writeTextFileSync(`${userHome}/.agentgazer/config.json`, `{"_machineKeySalt":"${SALT}"}`);
  const { code, err } = await run(box, [], { HOME: userHome });
  assert.equal(code, 0, err);
  assert.match(err, /in the vault now: openai, yi;/);
});

Deno.test("import agentgazer says that there is nothing", async (t) => {
  const rows: [what: string, content: string | undefined, items: readonly LegacyItems[]][] = [
    ["no file and no keystore", undefined, []],
    ["a keystore that is missing", undefined, [noItems()]],
    ["a keystore without items", undefined, [fakeItems({})]],
    ["a file without services", legacyFile("{}"), []],
    ["a file with other services", file({ "com.agentgazer.probe": { openai: "x" } }), []],
  ];
  for (const [what, content, items] of rows) {
    await t.step(what, async () => {
      using box = content === undefined ? commandLine() : boxWith(content);
      const { code, out, err } = await run(box, items);
      assert.deepEqual([code, out], [4, ""], err);
      assert.match(
        err,
        /^agentgazer: error: Cannot find anything that AgentGazer stored.*\nagentgazer: hint: /,
      );
      assert.throws(() => Deno.lstatSync(`${box.home}/vault.json`), Deno.errors.NotFound);
    });
  }
});

function run(box: CommandLine, items: readonly LegacyItems[] = [], env = {}): Promise<Result> {
  const legacy = { items, identity: () => Promise.resolve(LEGACY_IDENTITY) };
  return box.run(["import", "agentgazer"], { legacy, env });
}

function text(services: unknown): string {
  return JSON.stringify(services);
}

function file(services: unknown): string {
  return legacyFile(text(services));
}

function boxWith(content: string): CommandLine {
  const box = commandLine();
  Deno.mkdirSync(box.home, { mode: 0o700 });
  Deno.writeTextFileSync(`${box.home}/secrets.enc`, content, { mode: 0o600 });
  return box;
}

function writeConfig({ home }: CommandLine, content: string): void {
  Deno.writeTextFileSync(`${home}/config.json`, content);
}

/** The product's files, with all that a change would change. */
function look({ home }: CommandLine): unknown[] {
  return ["secrets.enc", "config.json"].map((name) => {
    try {
      const { ino, mode, mtime } = Deno.lstatSync(`${home}/${name}`);
      return { name, ino, mode, mtime, content: Deno.readTextFileSync(`${home}/${name}`) };
    } catch {
      return name;
    }
  });
}
