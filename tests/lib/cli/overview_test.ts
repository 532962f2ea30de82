import assert from "node:assert/strict";
import { commandLine, type CommandOptions } from "../../support/command_line.ts";
import { putEntry } from "../../support/command_vault.ts";

/** The commands that it suggests. */
function suggested(out: string): string[] {
  const [, list] = out.split("\nNext:\n");
  return list!.trimEnd().split("\n").map((line) => /^ {2}(.+?) {2,}\S/.exec(line)![1]!);
}

const TOKENS = '{"accessToken":"a"}';

const REST = ["agentgazer doctor", "agentgazer --help"];

Deno.test("agentgazer alone says what to do first where there is nothing, and makes nothing", async () => {
  using box = commandLine();
  const { code, out, err } = await box.run([]);
  assert.deepEqual([code, err], [0, ""]);
  assert.ok(
    out.startsWith("agentgazer 1.2.3\nCredentials: none yet\nProxy:       not running\n\nNext:\n"),
    out,
  );
  assert.deepEqual(suggested(out), [
    "agentgazer providers set <id>",
    "agentgazer login openai-oauth",
    "agentgazer providers list --all",
    ...REST,
  ]);
  assert.throws(() => Deno.lstatSync(box.home), Deno.errors.NotFound);
});

Deno.test("agentgazer alone leads on to the proxy, and from there to the tools", async () => {
  using box = commandLine();
  await box.run(["providers", "set", "mistral", "k-canary-1"]);
  await box.run(["providers", "set", "anthropic", "sk-ant-canary-1"]);
  const before = await box.run([]);
  assert.match(before.out, /^Credentials: anthropic, mistral$/m);
  assert.deepEqual(suggested(before.out), ["agentgazer start", ...REST]);
  let during = "";
  const stop: CommandOptions = {
    async onErr(text, system) {
      if (!/listens on/.test(text)) return;
      during = (await box.run([])).out;
      system.raise("SIGTERM");
    },
  };
  assert.equal((await box.run(["start"], stop)).code, 0);
  assert.match(during, /^Proxy: {7}listens on http:\/\/127\.0\.0\.1:18900$/m);
  assert.deepEqual(suggested(during), [
    'eval "$(agentgazer env)"',
    "agentgazer env --for claude-code",
    ...REST,
  ]);
  assert.ok(!(before.out + during).includes("canary"));
});

Deno.test("agentgazer alone says which login has ended, but not one that is tried again", async () => {
  using box = commandLine();
  const failure = { at: "2026-11-01T00:00:00.000Z", message: "it was refused", count: 1 };
  await putEntry(box, "login", "openai-oauth", TOKENS, { lastError: { ...failure, permanent: true } });
  await putEntry(box, "login", "minimax-oauth", TOKENS, { lastError: { ...failure, permanent: false } });
  assert.deepEqual(suggested((await box.run([])).out), [
    "agentgazer login openai-oauth",
    "agentgazer start",
    ...REST,
  ]);
});

const TROUBLE: [what: string, code: number, says: RegExp, options: CommandOptions][] = [
  ["no home", 2, /HOME is not set\nagentgazer: hint: set AGENTGAZER_HOME/, { env: { AGENTGAZER_HOME: "" } }],
  ["a home that is no path", 2, /not absolute/, { env: { AGENTGAZER_HOME: "x" } }],
];

Deno.test("agentgazer alone says what is in its way", async (t) => {
  using box = commandLine();
  for (const [what, code, says, options] of TROUBLE) {
    await t.step(what, async () => {
      const result = await box.run([], options);
      assert.deepEqual([result.code, result.out], [code, ""]);
      assert.match(result.err, says);
    });
  }
  await t.step("a damaged entry", async () => {
    using other = commandLine();
    for (const id of ["openai", "mistral"]) await other.run(["providers", "set", id, "k-test"]);
    const path = `${other.home}/vault.json`;
    const vault = JSON.parse(Deno.readTextFileSync(path));
    vault.entries["api-key:openai"] = {};
    Deno.writeTextFileSync(path, JSON.stringify(vault));
    const { code, out } = await other.run([]);
    assert.equal(code, 0);
    assert.match(out, /^Credentials: openai \(damaged\), mistral$/m);
    assert.deepEqual(suggested(out), ["agentgazer doctor", "agentgazer start", "agentgazer --help"]);
  });
  await t.step("settings with which the proxy can't start", async () => {
    using other = commandLine();
    await other.run(["providers", "set", "openai", "k-test"]);
    Deno.writeTextFileSync(`${other.home}/config.json`, '{"providers":{"zhipu":{"region":"x"}}}', {
      mode: 0o600,
    });
    assert.equal(suggested((await other.run([])).out)[0], "agentgazer doctor");
  });
  await t.step("a damaged vault", async () => {
    await box.run(["providers", "set", "openai", "sk-test"]);
    Deno.writeTextFileSync(`${box.home}/vault.json`, "{");
    const { code, out, err } = await box.run([]);
    assert.deepEqual([code, out], [8, ""]);
    assert.match(err, /^agentgazer: error: .*vault\.json.*\nagentgazer: hint: /);
  });
});
