import assert from "node:assert/strict";
import { assertOnly, checkUp } from "../../support/check_up.ts";
import { commandLine } from "../../support/command_line.ts";
import { damageEntry, putEntry, tamper } from "../../support/command_vault.ts";

const PAST = "2020-01-01T00:00:00.000Z";
const FUTURE = "2099-01-01T00:00:00.000Z";
const LOST = { at: PAST, message: "it ended", permanent: true, count: 1 };

Deno.test("doctor opens every entry", async (t) => {
  const rows: [
    name: string,
    kind: "api-key" | "login" | "client",
    id: string,
    fields: object,
    message: RegExp,
    fix: RegExp,
  ][] = [
    [
      "a login that is over",
      "login",
      "openai-oauth",
      { expiresAt: PAST },
      /^openai-oauth: logged in, expired 2020-01-01T00:00:00\.000Z$/,
      /^agentgazer login openai-oauth$/,
    ],
    [
      "a login that can't be renewed any more",
      "login",
      "openai-oauth",
      { account: "ada@example.com", plan: "pro", expiresAt: FUTURE, renewable: true, lastError: LOST },
      /^openai-oauth: logged in as ada@example\.com, plan pro, expires in \d+ d \d+ h, refresh failed 2020-.*: it ended$/,
      /^agentgazer login openai-oauth$/,
    ],
    [
      "a login whose last refresh failed",
      "login",
      "openai-oauth",
      { expiresAt: PAST, renewable: true, lastError: { ...LOST, permanent: false } },
      /^openai-oauth: logged in, expired 2020-.*, refresh failed 2020-.*: it ended$/,
      /^agentgazer providers test openai-oauth$/,
    ],
    [
      "a client that is over",
      "client",
      "ci",
      { expiresAt: PAST },
      /^ci: expired 2020/,
      /^agentgazer clients remove ci$/,
    ],
    [
      "a key of another version",
      "api-key",
      "future",
      {},
      /^future: this version does not know/,
      /^agentgazer providers remove future$/,
    ],
    [
      "a login of another version",
      "login",
      "future",
      {},
      /^future: this version does not know/,
      /^agentgazer logout future$/,
    ],
  ];
  for (const [name, kind, id, fields, message, fix] of rows) {
    await t.step(name, async () => {
      using line = commandLine();
      await line.run(["providers", "set", "openai"], { stdin: ["key"] });
      await putEntry(line, kind, id, '{"accessToken":"a"}', { ...fields });
      const result = await checkUp(line);
      assertOnly(result, kind, "warning", message, fix);
      assert.equal(result.code, 0);
    });
  }
  await t.step("a login that is over and is renewed at its next use", async () => {
    using line = commandLine();
    const fields = { expiresAt: PAST, renewable: true };
    await putEntry(line, "login", "openai-oauth", '{"accessToken":"a","refreshToken":"r"}', fields);
    const { findings, troubles } = await checkUp(line);
    assert.deepEqual(troubles, []);
    const { message } = findings.find(({ check }) => check === "login")!;
    assert.equal(message, `openai-oauth: logged in, expired ${PAST}`);
  });
  await t.step("what is still valid", async () => {
    using line = commandLine();
    await putEntry(line, "login", "openai-oauth", '{"accessToken":"a"}', { expiresAt: FUTURE });
    await line.run(["clients", "add", "ci", "--expires", "30d"]);
    assert.deepEqual((await checkUp(line)).troubles, []);
  });
});

Deno.test("doctor names each damaged entry, and shows the others", async (t) => {
  const ids = ["openai", "mistral", "yi"];
  await t.step("sealed part", async () => {
    using line = commandLine();
    for (const id of ids) await line.run(["providers", "set", id], { stdin: ["key"] });
    await line.run(["clients", "add", "ci"]);
    damageEntry(line, "api-key:mistral");
    damageEntry(line, "client:ci");
    const { code, troubles, findings } = await checkUp(line);
    assert.equal(code, 8);
    assert.deepEqual(troubles.map(({ check, fix }) => [check, fix]), [
      ["api-key", "agentgazer providers remove mistral"],
      ["client", "agentgazer clients remove ci"],
    ]);
    for (const id of ["openai", "yi"]) {
      assert.ok(
        findings.some(({ level, message }) => level === "ok" && message.startsWith(`${id}: opens`)),
        id,
      );
    }
  });
  await t.step("clear part", async () => {
    using line = commandLine();
    for (const id of ids) await line.run(["providers", "set", id], { stdin: ["key"] });
    tamper(line, (entries) => entries.set("api-key:mistral", { kind: "api-key" }));
    const result = await checkUp(line);
    assertOnly(
      result,
      "api-key",
      "error",
      /stored key of mistral: it is damaged/,
      "agentgazer providers remove mistral",
    );
    assert.equal(result.code, 8);
  });
  await t.step("a login without a token", async () => {
    using line = commandLine();
    await putEntry(line, "login", "openai-oauth", "{}");
    const { code, troubles } = await checkUp(line);
    assert.deepEqual([code, troubles.length, troubles[0]!.check], [8, 1, "login"]);
    assert.equal(troubles[0]!.fix, "agentgazer logout openai-oauth");
  });
});

Deno.test("doctor shows no name that nobody sealed: its fix is pasted into a shell", async (t) => {
  for (const name of ["x; touch /tmp/owned", "$(id)", "\x1b]0;x\x07", "a\nb", "`id`", "'", " "]) {
    await t.step(JSON.stringify(name), async () => {
      using line = commandLine();
      await line.run(["providers", "set", "openai"], { stdin: ["key"] });
      tamper(line, (entries) => {
        for (const kind of ["api-key", "login", "client"]) {
          entries.set(`${kind}:${name}`, { ...entries.get("api-key:openai") as object, kind });
        }
      });
      const { troubles, text, code } = await checkUp(line);
      assert.equal(code, 8);
      assert.equal(troubles.length, 3);
      if (name !== " ") assert.ok(!text.includes(JSON.stringify(name).slice(1, -1)), text);
    });
  }
});
