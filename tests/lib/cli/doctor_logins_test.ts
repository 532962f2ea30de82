import assert from "node:assert/strict";
import type { Json } from "../../../lib/vault/keystore.ts";
import { assertOnly, checkUp } from "../../support/check_up.ts";
import { type CommandLine, commandLine } from "../../support/command_line.ts";
import { damageEntry, putEntry, troubledKeyStores } from "../../support/command_vault.ts";
import { START_TIME } from "../../support/fake_system.ts";

type Fields = Record<string, Json>;

const IN_AN_HOUR = new Date(START_TIME + 3_600_000).toISOString();
const BEFORE = new Date(START_TIME - 3_600_000).toISOString();
const FAILED = { at: BEFORE, message: "it failed", permanent: false, count: 3 };

async function withLogin(id: string, fields: Fields): Promise<CommandLine> {
  const line = commandLine();
  await putEntry(line, "login", id, '{"accessToken":"token-of-ada"}', fields);
  return line;
}

const FINE: [what: string, id: string, fields: Fields, message: string][] = [
  ["nothing is known of it", "openai-oauth", {}, "logged in"],
  ["all is known of it", "openai-oauth", {
    account: "ada@example.org",
    plan: "pro",
    expiresAt: IN_AN_HOUR,
    refreshedAt: BEFORE,
    renewable: true,
  }, `logged in as ada@example.org, plan pro, expires in 1 h 0 min, last refreshed ${BEFORE}`],
  ["it is a key of a plan", "zhipu-coding-plan", { region: "cn" }, "logged in"],
  [
    "it is renewed at its next use",
    "minimax-oauth",
    { expiresAt: BEFORE, renewable: true },
    `logged in, expired ${BEFORE}`,
  ],
  ["what it says can't be shown", "openai-oauth", {
    account: "\x1b]0;x\x07",
    plan: "a\nb",
    expiresAt: "now",
    refreshedAt: 5,
    lastError: { ...FAILED, message: "\x1b[2J" },
  }, "logged in"],
];

Deno.test("doctor says whose a login is, and how long it is good", async (t) => {
  for (const [what, id, fields, message] of FINE) {
    await t.step(what, async () => {
      using line = await withLogin(id, fields);
      const { troubles, findings, text } = await checkUp(line);
      assert.deepEqual(troubles, []);
      const { level, message: said } = findings.find(({ check }) => check === "login")!;
      assert.deepEqual([level, said], ["ok", `${id}: ${message}`]);
      assert.doesNotMatch(text, /token-of-ada/);
    });
  }
});

const TROUBLED: [what: string, id: string, fields: Fields, message: RegExp, fix: string][] = [
  [
    "a refresh failed, though the token is good",
    "minimax-oauth",
    { expiresAt: IN_AN_HOUR, renewable: true, lastError: FAILED },
    /^minimax-oauth: logged in, expires in 1 h 0 min, refresh failed 2027-01-02T02:.*: it failed$/,
    "agentgazer providers test minimax-oauth",
  ],
  [
    "it will never be renewed, though the token is good",
    "minimax-oauth",
    { expiresAt: IN_AN_HOUR, renewable: true, lastError: { ...FAILED, permanent: true } },
    /refresh failed/,
    "agentgazer login minimax-oauth",
  ],
  [
    "it has ended this moment",
    "minimax-oauth",
    { expiresAt: new Date(START_TIME).toISOString() },
    /: logged in, expired 2027-01-02T03:04:05\.000Z$/,
    "agentgazer login minimax-oauth",
  ],
  [
    "it has ended, and says that it can be renewed in another way than it should",
    "minimax-oauth",
    { expiresAt: BEFORE, renewable: 1 },
    /expired/,
    "agentgazer login minimax-oauth",
  ],
];

Deno.test("doctor warns of a login that can't be used for long, and says what to do", async (t) => {
  for (const [what, id, fields, message, fix] of TROUBLED) {
    await t.step(what, async () => {
      using line = await withLogin(id, fields);
      const result = await checkUp(line);
      assertOnly(result, "login", "warning", message, fix);
      assert.equal(result.code, 0);
    });
  }
});

Deno.test("doctor tells of a login that was not opened only that there is one", async () => {
  using line = await withLogin("openai-oauth", { account: "somebody@else.example", plan: "pro" });
  const keyStores = troubledKeyStores({ state: "locked", reason: "It is locked", hint: "unlock it" });
  const { findings, text } = await checkUp(line, { keyStores });
  const { message } = findings.find(({ check }) => check === "login")!;
  assert.match(message, /^openai-oauth: stored \S+, not opened$/);
  assert.doesNotMatch(text, /somebody|plan/);
});

Deno.test("doctor names a command that removes a damaged login", async (t) => {
  for (const id of ["openai-oauth", "zhipu-coding-plan", "future"]) {
    await t.step(id, async () => {
      using line = await withLogin(id, { account: "somebody@else.example" });
      damageEntry(line, `login:${id}`);
      const { code, troubles: [only, ...more], text } = await checkUp(line);
      assert.deepEqual([code, only!.check, only!.level, more], [8, "login", "error", []]);
      assert.doesNotMatch(text, /somebody/);
      const [program, ...args] = only!.fix!.split(" ");
      assert.equal(program, "agentgazer");
      const mended = await line.run([...args, ...args[0] === "providers" ? ["--yes"] : []]);
      assert.equal(mended.code, 0, mended.err);
      assert.deepEqual((await checkUp(line)).troubles, []);
    });
  }
});
