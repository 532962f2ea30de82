import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseEnvelope } from "../../lib/vault/envelope.ts";
import { exitOf, fails } from "../support/failure.ts";
import { atOnce, SERVICE } from "../support/keychain.ts";
import { type KeychainBox, keychainBox } from "../support/keychain_box.ts";
import type { Mode } from "../support/security/fixture.ts";

/** What the file says of its key. */
function record(box: KeychainBox): string {
  const { backend, chosen } = parseEnvelope(box.bytes(), box.home.vault).key;
  return `${backend} ${chosen}`;
}

function idOf(box: KeychainBox): string {
  return parseEnvelope(box.bytes(), box.home.vault).id;
}

/** A vault with a key on the machine, beside an open Keychain. */
async function onMachine(): Promise<KeychainBox> {
  const box = keychainBox({ isGraphical: false });
  await box.put("openai", "sk-one");
  await box.put("google", "sk-two");
  return box;
}

async function assertWhole(box: KeychainBox): Promise<void> {
  assert.equal(await box.open("openai"), "sk-one");
  assert.equal(await box.open("google"), "sk-two");
}

Deno.test("Vault moves from the machine to the Keychain and back, and leaves no item", async () => {
  using box = await onMachine();
  const before = idOf(box);
  assert.deepEqual(await box.vault().move("keychain"), { from: "machine", leftover: undefined });
  assert.notEqual(idOf(box), before);
  assert.equal(record(box), "keychain moved");
  assert.deepEqual(box.security.items().map(({ account }) => account), [idOf(box)]);
  await assertWhole(box);
  assert.equal(await box.vault().move("keychain"), undefined);
  assert.deepEqual(await box.vault().move("machine"), { from: "keychain", leftover: undefined });
  assert.equal(record(box), "machine moved");
  assert.deepEqual(box.security.items(), []);
  await assertWhole(box);
});

const FAILING: Mode[] = ["locked-headless", "declined", "phantom-write"];

Deno.test("Vault stays on the machine when the Keychain fails", async (t) => {
  await atOnce(t, FAILING, String, async (mode) => {
    using box = await onMachine();
    const before = box.bytes();
    box.security.mode = mode;
    await fails("keystore_unavailable", () => box.vault().move("keychain"));
    assert.deepEqual(box.bytes(), before);
    assert.deepEqual(box.security.items(), []);
    await assertWhole(box);
  });
});

Deno.test("Vault stays in the Keychain when the Keychain gives no key", async (t) => {
  const modes: Mode[] = ["locked-headless", "no-default-keychain"];
  await atOnce(t, modes, String, async (mode) => {
    using box = keychainBox();
    await box.put("openai", "sk-one");
    const before = box.bytes();
    box.security.mode = mode;
    assert.equal(await exitOf(() => box.vault().move("machine")), 5);
    assert.deepEqual(box.bytes(), before);
    assert.equal(box.security.items().length, 1);
    box.security.mode = "normal";
    assert.equal(await box.open("openai"), "sk-one");
  });
});

Deno.test("Vault tells of the item that the Keychain does not let go, and works without it", async () => {
  using box = keychainBox();
  await box.put("openai", "sk-one");
  box.security.mode = { delete: -25293 };
  const moved = await box.vault().move("machine");
  assert.deepEqual([moved?.from, moved?.leftover?.state], ["keychain", "denied"]);
  assert.equal(box.security.items().length, 1);
  assert.equal(await box.open("openai"), "sk-one");

  const [leftover] = box.security.items();
  box.security.mode = "phantom-write";
  const before = box.bytes();
  await fails("keystore_unavailable", () => box.vault().move("keychain"));
  assert.deepEqual(box.bytes(), before);
  assert.deepEqual(box.security.items(), [leftover]);
  box.security.mode = "normal";
  await box.vault().move("keychain");
  const accounts = box.security.items().map(({ account }) => account);
  assert.deepEqual(accounts.sort(), [leftover!.account, idOf(box)].sort());
  assert.equal(await box.open("openai"), "sk-one");
});

Deno.test("Vault moves beside an item of its old id, which it leaves", async () => {
  using box = await onMachine();
  const id = idOf(box);
  box.security.put(SERVICE, id, Buffer.from(`agz1:${new Uint8Array(32).toBase64()}`));
  const [other] = box.security.items();
  await assertWhole(box);
  await box.vault().move("keychain");
  assert.equal(box.security.items().length, 2);
  assert.deepEqual(box.security.items().find(({ account }) => account === id), other);
  await assertWhole(box);
});

Deno.test("Vault does not move from a key that is another one", async () => {
  using box = keychainBox();
  await box.put("openai", "sk-one");
  const [item] = box.security.items();
  box.security.put(SERVICE, item!.account, Buffer.from(`agz1:${new Uint8Array(32).toBase64()}`));
  const before = box.bytes();
  await fails("key_mismatch", () => box.vault().move("machine"));
  assert.deepEqual(box.bytes(), before);
  assert.equal(box.security.items().length, 1);
});

Deno.test("Vault has one key and one item when two processes make it at once", async (t) => {
  for (const round of [1, 2]) {
    await t.step(`round ${round}`, async () => {
      using box = keychainBox();
      await Promise.all([box.put("openai", "sk-one"), box.put("google", "sk-two")]);
      const { id } = parseEnvelope(box.bytes(), box.home.vault);
      assert.deepEqual(box.security.items().map(({ account }) => account), [id]);
      await assertWhole(box);
    });
  }
});

Deno.test("Vault has one item when two processes move it at once", async () => {
  using box = await onMachine();
  await Promise.all([box.vault().move("keychain"), box.vault().move("keychain")]);
  assert.equal(box.security.items().length, 1);
  await assertWhole(box);
});
