import assert from "node:assert/strict";
import { detectKeyStores } from "../../../backends/detect.ts";
import type { KeyStore } from "../../../lib/vault/keystore.ts";
import { fails } from "../../support/failure.ts";
import { fakeKeyStores, troubleFor } from "../../support/fake_keystore.ts";
import { fakeVaultBox, filledBox } from "../../support/fake_vault_box.ts";

Deno.test("Vault.keyState() is nothing without a vault, and makes none", async () => {
  using box = fakeVaultBox();
  assert.equal(await box.vault().keyState(), undefined);
  assert.deepEqual(box.keys.log, []);
  assert.throws(() => Deno.statSync(box.home.folder), Deno.errors.NotFound);
});

Deno.test("Vault.keyState() gives the record and no trouble when the key fits, asking once", async () => {
  using box = await filledBox();
  const vault = box.vault();
  const { record, trouble } = (await vault.keyState())!;
  assert.deepEqual([record.backend, record.chosen, trouble], ["machine", "best", undefined]);
  assert.equal((await vault.open("api-key", "openai"))?.reveal(), "sk-one");
  assert.deepEqual(box.keys.log, ["open machine"]);
});

Deno.test("Vault.keyState() gives the trouble as it is", async (t) => {
  for (const state of ["absent", "locked", "declined", "denied", "unavailable", "corrupt"] as const) {
    await t.step(state, async () => {
      using box = await filledBox();
      box.keys.stores.machine.state = state;
      const { record, trouble } = (await box.vault().keyState())!;
      assert.equal(record.backend, "machine");
      assert.deepEqual(trouble, troubleFor(state, "machine"));
    });
  }
});

Deno.test("Vault.keyState() does not heed what is forced", async () => {
  using box = await filledBox();
  box.keys.forRecord = () => assert.fail("the forced backend is another one");
  assert.equal((await box.vault().keyState())?.trouble, undefined);
});

Deno.test("Vault.keyState() fails for a key that does not fit, and the next question asks again", async () => {
  using box = await filledBox();
  const { keys } = box.keys.stores.machine;
  const { id } = box.envelope();
  const key = keys.get(id)!;
  keys.set(id, "ab".repeat(32));
  const vault = box.vault();
  const { message } = await fails("key_mismatch", () => vault.keyState());
  assert.match(message, /the key in machine is another one/);
  keys.set(id, key);
  assert.equal((await vault.keyState())?.trouble, undefined);
});

Deno.test("Vault.checkBackend() asks no keystore, and needs none without a vault", async (t) => {
  await t.step("without a vault", () => {
    using box = fakeVaultBox();
    box.keys.forRecord = () => assert.fail("there is no record");
    box.vault().checkBackend();
    assert.throws(() => Deno.statSync(box.home.folder), Deno.errors.NotFound);
  });
  await t.step("with one that is locked", async () => {
    using box = await filledBox();
    box.keys.stores.machine.state = "locked";
    box.vault().checkBackend();
    assert.deepEqual(box.keys.log, []);
  });
});

Deno.test("Vault.checkBackend() fails when another backend is forced, or the system lacks it", async (t) => {
  const { machine, libsecret } = fakeKeyStores().stores;
  const rows: [what: string, available: KeyStore[], forced: string | undefined, says: RegExp][] = [
    ["forced", [libsecret, machine], "libsecret", /this vault uses "machine"/],
    ["lacking", [libsecret], undefined, /this operating system does not have it/],
  ];
  for (const [what, available, forced, says] of rows) {
    await t.step(what, async () => {
      using box = await filledBox();
      box.keys.forRecord = detectKeyStores(available, forced).forRecord;
      const { message } = await fails("keystore_unavailable", () => box.vault().checkBackend());
      assert.match(message, says);
    });
  }
});
