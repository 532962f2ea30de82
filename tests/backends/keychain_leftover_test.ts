import assert from "node:assert/strict";
import { itemBackend, type Items } from "../../backends/item.ts";
import { detectKeyStores } from "../../backends/detect.ts";
import { machineBackend } from "../../backends/machine.ts";
import { isHeld } from "../../lib/vault/lock.ts";
import { Secret } from "../../lib/secret.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { countingRandom, START_TIME } from "../support/fake_system.ts";
import { keychain, keychainStore } from "../support/keychain.ts";
import { keychainBox } from "../support/keychain_box.ts";
import { startSecurity } from "../support/security/fixture.ts";

for (const mode of ["denied", "declined", "locked-headless", "dialog"] as const) {
  Deno.test(`probe() leaves nothing behind when the write works and the read is ${mode}`, async () => {
    const status = {
      denied: -25293,
      declined: -128,
      "locked-headless": -25308,
      dialog: "dialog",
    }[mode] as never;
    using security = startSecurity({ mode: { read: status } });
    const asking = { attended: false, deadline: 1000, silentDeadline: 20_000, tell() {} };
    const store = keychainStore(security, { asking });
    for (let i = 0; i < 3; i++) assert.notEqual((await store.probe("explicit")).state, "open");
    assert.deepEqual(security.items().map((i) => i.account), []);
  });
}

Deno.test("Vault creation leaves no items when reads are denied", async () => {
  using box = keychainBox({ mode: { read: -25293 } });
  for (let i = 0; i < 3; i++) await assert.rejects(box.put("openai", "x"));
  assert.deepEqual(box.security.items().map((i) => i.account), []);
});

Deno.test("create() that fails at the read leaves no item", async () => {
  using box = keychainBox();
  box.onChosen = () => box.security.mode = { read: -25308 };
  await assert.rejects(box.put("openai", "x"));
  assert.deepEqual(box.security.items().map((i) => i.account), []);
});

Deno.test("a vault that can't be written leaves no item", async () => {
  using box = keychainBox();
  const now = () => {
    throw new Error("disk full");
  };
  const system = { now, random: countingRandom() };
  const vault = new Vault(box.home, detectKeyStores([box.keychain()], undefined), system);
  await assert.rejects(vault.change((draft) => draft.put("api-key", "openai", new Secret("x"))));
  assert.deepEqual(box.security.items().map((i) => i.account), []);
});

Deno.test("move() asks nobody while it holds the lock", async () => {
  using box = keychainBox();
  const held: string[] = [];
  const watched = (items: Items): Items => ({
    ...items,
    read: (s, a) => (isHeld(box.home.lock) && held.push("read"), items.read(s, a)),
    write: (s, a, v) => (isHeld(box.home.lock) && held.push("write"), items.write(s, a, v)),
  });
  const random = countingRandom();
  const asking = watched(keychain(box.security));
  const store = itemBackend(asking, keychain(box.security), random);
  const identity = { uid: () => 501, userName: () => "ada", machineId: () => Promise.resolve(undefined) };
  const machine = machineBackend({ path: box.home.machineKey, named: false }, identity, random);
  const system = { now: () => START_TIME, random };
  await new Vault(box.home, detectKeyStores([store, machine], "machine"), system).change((d) =>
    d.put("api-key", "openai", new Secret("x"))
  );
  await new Vault(box.home, detectKeyStores([store, machine], undefined), system).move("keychain");
  assert.deepEqual(held, []);
});

Deno.test("removing from no vault asks no keystore", async () => {
  using box = keychainBox({ mode: "locked-headless" });
  await box.vault().change((draft) => draft.remove("api-key", "openai"));
  assert.deepEqual(box.security.calls(), []);
});

Deno.test("a failed write is never absent", async () => {
  using security = startSecurity({ mode: { add: -25300 } });
  const problem = await keychain(security).write("app", "me", "x");
  assert.notEqual(problem?.state, "absent");
});
