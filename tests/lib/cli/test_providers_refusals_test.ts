import assert from "node:assert/strict";
import { commandLine, type CommandOptions } from "../../support/command_line.ts";
import { troubledKeyStores } from "../../support/command_vault.ts";
import { fakeUpstream } from "../../support/fake_upstream.ts";

/** Command lines that must end before anything is sent. OpenAI and Mistral have a key. */
const ROWS: [name: string, args: string, code: number, err: RegExp, options?: CommandOptions][] = [
  [
    "an unknown id",
    "nobody",
    2,
    /Cannot find a provider with that id\n.*hint: agentgazer providers list --all/,
  ],
  ["a misspelt id", "opnai", 2, /did you mean `openai`\?/],
  ["an unknown id behind a good one", "openai nobody", 2, /Cannot find/],
  ["an id in capitals", "OpenAI", 2, /did you mean `openai`/],
  ["a name of the prototype", "__proto__", 2, /Cannot find/],
  ["an id without a credential", "yi", 3, /No credential of Yi.*\n.*hint: agentgazer providers set yi\n/],
  ["one without beside one with", "openai yi", 3, /No credential of Yi/],
  ["a login that never was", "openai-oauth", 3, /No credential of OpenAI Codex/],
  ["an unknown option", "--all", 2, /hint/],
  ["a key log", "", 6, /SSLKEYLOGFILE.*\n.*hint: unset SSLKEYLOGFILE\n/, { env: { SSLKEYLOGFILE: "/k" } }],
  ["a key log, with JSON", "--json", 6, /"code":"refused"/, { env: { SSLKEYLOGFILE: "/k" } }],
  ["a key log and an unknown id", "nobody", 6, /SSLKEYLOGFILE/, { env: { SSLKEYLOGFILE: "/k" } }],
  [
    "a locked keystore",
    "",
    5,
    /the keyring is locked\n.*hint: unlock it so\n$/,
    {
      keyStores: troubledKeyStores({
        state: "locked",
        reason: "the keyring is locked",
        hint: "unlock it so",
      }),
    },
  ],
  [
    "a keystore whose dialog was declined",
    "openai --json",
    5,
    /"code":"keystore_unavailable","message":"declined","hint":"again"/,
    { keyStores: troubledKeyStores({ state: "declined", reason: "declined", hint: "again" }) },
  ],
  [
    "a keystore that lost the key",
    "",
    5,
    /gone/,
    { keyStores: troubledKeyStores({ state: "absent", reason: "gone", hint: "find it" }) },
  ],
];

Deno.test("providers test refuses before anything is sent", async (t) => {
  using line = commandLine();
  for (const id of ["openai", "mistral"]) await line.run(["providers", "set", id], { stdin: ["key"] });
  for (const [name, args, code, err, options] of ROWS) {
    await t.step(`${name} is ${code}`, async () => {
      const fake = fakeUpstream(() => new Response());
      const words = args === "" ? [] : args.split(" ");
      const result = await line.run(["providers", "test", ...words], { ...options, upstream: fake.upstream });
      assert.equal(result.code, code, result.err);
      assert.match(result.err, err);
      assert.equal(result.out, "");
      assert.deepEqual(fake.urls, []);
    });
  }
});

Deno.test("providers test opens nothing while TLS keys would be written down", async () => {
  using line = commandLine();
  const keyStores = () => {
    throw new Error("opened");
  };
  const { code } = await line.run(["providers", "test"], { keyStores, env: { SSLKEYLOGFILE: "/k" } });
  assert.equal(code, 6);
  await assert.rejects(Deno.stat(line.home), Deno.errors.NotFound);
});

Deno.test("providers test without a credential says how to store one, and makes no vault", async (t) => {
  for (const args of [[], ["--json"], ["openai"]]) {
    await t.step(args.join(" "), async () => {
      using line = commandLine();
      const { code, out, err } = await line.run(["providers", "test", ...args]);
      assert.deepEqual([code, out], [3, ""]);
      assert.match(err, /agentgazer providers set/);
      await assert.rejects(Deno.stat(line.home), Deno.errors.NotFound);
    });
  }
});
