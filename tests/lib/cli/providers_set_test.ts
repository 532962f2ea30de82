import assert from "node:assert/strict";
import { commandLine } from "../../support/command_line.ts";
import { troubledKeyStores } from "../../support/command_vault.ts";

const keyStores = troubledKeyStores({ state: "locked", reason: "It is locked", hint: "unlock it" });

Deno.test("providers set asks for no key that it could not store", async (t) => {
  for (const what of ["a vault", "no vault"]) {
    await t.step(`with ${what}`, async () => {
      using box = commandLine();
      if (what === "a vault") await box.run(["clients", "add", "ci"]);
      const { code, out, err } = await box.run(["providers", "set", "openai"], {
        isTerminal: true,
        keyStores,
      });
      assert.deepEqual([code, out], [5, ""]);
      assert.match(err, /^agentgazer: error: It is locked\nagentgazer: hint: unlock it/);
    });
  }
  await t.step("but says first what is wrong with one that it has", async () => {
    using box = commandLine();
    const { code, err } = await box.run(["providers", "set", "openai", "a b"], { keyStores });
    assert.equal(code, 2, err);
  });
});

Deno.test("providers set makes nothing when nobody gives a key", async () => {
  using box = commandLine();
  const { code } = await box.run(["providers", "set", "openai"], { isTerminal: true, stdin: ["\x03"] });
  assert.equal(code, 130);
  assert.throws(() => Deno.lstatSync(box.home), Deno.errors.NotFound);
});
