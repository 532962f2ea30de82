import assert from "node:assert/strict";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { commandLine, type CommandOptions } from "../../support/command_line.ts";
import { troubledKeyStores } from "../../support/command_vault.ts";
import { ID, loggedIn, names } from "../../support/logged_in.ts";

const REFUSED: [what: string, args: string[], options: CommandOptions, code: number, err: RegExp][] = [
  [
    "a provider where nobody is logged in",
    ["minimax-oauth"],
    {},
    4,
    /there is no login\nagentgazer: hint: agentgazer providers list\n$/,
  ],
  [
    "a provider that takes a key",
    ["yi"],
    {},
    2,
    /has no login: it takes an API key\nagentgazer: hint: agentgazer providers remove yi\n$/,
  ],
  ["a provider that there is not", [CANARY], {}, 2, /Cannot find a provider/],
  ["a slip of the pen", ["openai-oath"], {}, 2, /did you mean `openai-oauth`\?/],
  ["no provider", [], {}, 2, /<id> is missing/],
  ["two", [ID, "minimax-oauth"], {}, 2, /Too many arguments/],
  [
    "a login, while keys of connections are logged",
    [ID],
    { env: { SSLKEYLOGFILE: "/x" } },
    6,
    /unset SSLKEYLOGFILE/,
  ],
];

Deno.test("logout refuses what is no login, and removes nothing", async (t) => {
  for (const [what, args, options, code, says] of REFUSED) {
    await t.step(what, async () => {
      using line = await loggedIn();
      const result = await line.run(["logout", ...args], options);
      assert.equal(result.code, code, result.err);
      assert.match(result.err, says);
      assertNoCanary(result.err, "stderr");
      assert.deepEqual(names(line), ["api-key:yi", `login:${ID}`]);
    });
  }
  await t.step("a provider, without a vault", async () => {
    using line = commandLine();
    assert.equal((await line.run(["logout", ID])).code, 4);
    assert.throws(() => Deno.lstatSync(`${line.home}/vault.json`), Deno.errors.NotFound);
  });
});

Deno.test("logout removes nothing while the keystore is locked, and calls nobody", async (t) => {
  for (const state of ["locked", "declined", "denied", "unavailable", "absent", "corrupt"] as const) {
    await t.step(state, async () => {
      using line = await loggedIn();
      const keyStores = troubledKeyStores({ state, reason: "It is locked", hint: "unlock it" });
      const { code, err } = await line.run(["logout", ID], { keyStores });
      assert.equal(code, 5, err);
      assert.match(err, /^agentgazer: error: It is locked\nagentgazer: hint: unlock it/);
      assert.deepEqual(names(line), ["api-key:yi", `login:${ID}`]);
    });
  }
});
