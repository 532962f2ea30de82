import assert from "node:assert/strict";
import { Secret } from "../../../lib/secret.ts";
import type { EntryKind } from "../../../lib/vault/envelope.ts";
import { fails } from "../../support/failure.ts";
import { namesIn, vaultBox } from "../../support/vault_box.ts";

const ROUND_TRIPS: [kind: EntryKind, name: string, value: string][] = [
  ["api-key", "openai", "sk-test-1"],
  ["login", "openai-oauth", '{"access":"a","refresh":"r"}'],
  ["client", "default", "agz_x"],
  ["api-key", "__proto__", "sk-test-2"],
  ["api-key", "constructor", "sk-test-3"],
  ["client", "a:b", "agz_y"],
  ["login", "empty", ""],
  ["api-key", "long", "k".repeat(8192)],
];

Deno.test("Vault.open() gives what was put, in this process and the next", async (t) => {
  using box = vaultBox();
  for (const [kind, name, value] of ROUND_TRIPS) {
    await t.step(`${kind} ${name}`, async () => {
      const vault = box.vault();
      await vault.change((draft) => draft.put(kind, name, new Secret(value)));
      assert.equal((await vault.open(kind, name))?.reveal(), value);
      assert.equal(await box.open(kind, name), value);
    });
  }
  await t.step("and the earlier ones still open", async () => {
    for (const [kind, name, value] of ROUND_TRIPS) assert.equal(await box.open(kind, name), value);
  });
});

Deno.test("Vault.open() gives nothing when there is no such entry", async () => {
  using box = vaultBox();
  assert.equal(await box.open("api-key", "openai"), undefined);
  await box.put("api-key", "openai", "sk-test");
  assert.equal(await box.open("api-key", "google"), undefined);
  assert.equal(await box.open("login", "openai"), undefined);
});

Deno.test("Vault reads without making anything", async () => {
  using box = vaultBox();
  const vault = box.vault();
  await vault.unlock();
  assert.deepEqual(vault.read().entries("api-key"), { good: [], damaged: [] });
  assert.throws(() => Deno.statSync(box.home.folder), Deno.errors.NotFound);
});

Deno.test("Vault keeps its files private and the values out of them", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "sk-canary-0123456789");
  assert.deepEqual(namesIn(box.home.folder), ["machine.key", "vault.json", "vault.lock"]);
  assert.equal(Deno.statSync(box.home.folder).mode! & 0o777, 0o700);
  for (const name of namesIn(box.home.folder)) {
    const path = `${box.home.folder}/${name}`;
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600, name);
    const content = new TextDecoder("latin1").decode(Deno.readFileSync(path));
    assert.ok(!content.includes("canary") && !content.includes(btoa("canary")), name);
  }
});

Deno.test("Vault.read() lists by name, kind by kind, without the key", async () => {
  using box = vaultBox();
  await box.vault().change((draft) => {
    draft.put("api-key", "openai", new Secret("x"));
    draft.put("api-key", "anthropic", new Secret("x"), { region: "eu" });
    draft.put("client", "default", new Secret("x"));
  });
  Deno.removeSync(box.home.machineKey);
  const contents = box.vault().read();
  const { good, damaged } = contents.entries("api-key");
  assert.deepEqual(good.map((entry) => entry.name), ["anthropic", "openai"]);
  assert.equal(good[0]!.fields.region, "eu");
  assert.deepEqual(damaged, []);
  assert.equal(contents.has("client", "default"), true);
  assert.equal(contents.has("client", "openai"), false);
  assert.equal(contents.entry("login", "openai"), undefined);
});

Deno.test("Vault.change() keeps when an entry was made and says when it was changed", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "one");
  const made = new Date(box.time).toISOString();
  box.time += 1000;
  await box.put("api-key", "openai", "two");
  const { createdAt, updatedAt } = box.vault().read().entry("api-key", "openai")!.fields;
  assert.deepEqual([createdAt, updatedAt], [made, new Date(box.time).toISOString()]);
  assert.equal(await box.open("api-key", "openai"), "two");
  await box.vault().change((draft) => draft.remove("api-key", "openai"));
  await box.put("api-key", "openai", "three");
  assert.equal(box.vault().read().entry("api-key", "openai")!.fields.createdAt, updatedAt);
});

Deno.test("Vault.change() does not let clear fields pose as its own", async () => {
  using box = vaultBox();
  const posing = { kind: "client", createdAt: "x", updatedAt: "x" };
  await box.put("api-key", "openai", "sk-test", posing);
  assert.equal(await box.open("api-key", "openai"), "sk-test");
  assert.equal(box.vault().read().entry("api-key", "openai")!.fields.kind, "api-key");
});

Deno.test("Vault.change() removes, and says whether there was something", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "one");
  await box.put("api-key", "google", "two");
  const remove = (name: string) => box.vault().change((draft) => draft.remove("api-key", name));
  assert.equal(await remove("openai"), true);
  assert.equal(await remove("openai"), false);
  assert.equal(await box.open("api-key", "openai"), undefined);
  assert.equal(await box.open("api-key", "google"), "two");
});

Deno.test("Vault.change() keeps the last of several changes to one entry", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "old");
  const removed = await box.vault().change((draft) => {
    draft.put("api-key", "google", new Secret("new"));
    draft.put("api-key", "openai", new Secret("new"));
    return [draft.remove("api-key", "google"), draft.remove("api-key", "openai")];
  });
  assert.deepEqual(removed, [true, true]);
  assert.deepEqual(box.vault().read().entries("api-key").good, []);
  await box.put("api-key", "openai", "old");
  await box.vault().change((draft) => {
    draft.remove("api-key", "openai");
    draft.put("api-key", "openai", new Secret("new"));
  });
  assert.equal(await box.open("api-key", "openai"), "new");
});

Deno.test("Vault.change() writes nothing when the edit changes nothing or throws", async (t) => {
  using box = vaultBox();
  await t.step("not even a first vault", async () => {
    assert.equal(await box.vault().change(() => 42), 42);
    await assert.rejects(box.vault().change(failing), { message: "of the test" });
    assert.throws(() => Deno.statSync(box.home.folder), Deno.errors.NotFound);
  });
  await box.put("api-key", "openai", "one");
  const [before, { ino }] = [box.bytes(), Deno.statSync(box.home.vault)];
  await t.step("nor over an existing one", async () => {
    await box.vault().change((draft) => draft.remove("api-key", "google"));
    await box.vault().change((draft) => draft.entries("api-key"));
    await assert.rejects(box.vault().change(failing), { message: "of the test" });
    assert.deepEqual(box.bytes(), before);
    assert.equal(Deno.statSync(box.home.vault).ino, ino);
  });
  await t.step("and the lock is free again", async () => {
    await box.put("api-key", "openai", "two");
    assert.equal(await box.open("api-key", "openai"), "two");
  });
});

Deno.test("Vault.change() loses nothing when many change at once", async () => {
  using box = vaultBox();
  const names = Array.from({ length: 24 }, (_, i) => `n${i}`);
  await Promise.all(names.map((name) => box.put("api-key", name, `value of ${name}`)));
  assert.deepEqual(box.vault().read().entries("api-key").good.map(({ name }) => name), names.sort());
  for (const name of names) assert.equal(await box.open("api-key", name), `value of ${name}`);
});

Deno.test("Vault.change() works on what is there then, not on what was read before", async () => {
  using box = vaultBox();
  const vault = box.vault();
  await box.put("api-key", "openai", "one");
  assert.ok(vault.read().has("api-key", "openai"));
  await box.vault().change((draft) => draft.remove("api-key", "openai"));
  assert.equal(await vault.change((draft) => draft.remove("api-key", "openai")), false);
});

Deno.test("Vault sees what another process wrote, and its stamp tells", async () => {
  using box = vaultBox();
  const vault = box.vault();
  const empty = vault.stamp();
  await box.put("api-key", "openai", "one");
  const first = vault.stamp();
  assert.equal((await vault.open("api-key", "openai"))?.reveal(), "one");
  assert.equal(vault.stamp(), first);
  await box.put("api-key", "openai", "two");
  assert.equal((await vault.open("api-key", "openai"))?.reveal(), "two");
  assert.equal(new Set([empty, first, vault.stamp()]).size, 3);
});

Deno.test("Vault holds a thousand values of 8 KiB", async () => {
  using box = vaultBox();
  const value = (i: number) => String(i).padStart(8192, "v");
  await box.vault().change((draft) => {
    for (let i = 0; i < 1000; i++) draft.put("api-key", `n${i}`, new Secret(value(i)));
  });
  const vault = box.vault();
  assert.equal(vault.read().entries("api-key").good.length, 1000);
  for (const i of [0, 499, 999]) assert.equal((await vault.open("api-key", `n${i}`))?.reveal(), value(i));
});

Deno.test("Vault never seals two values with one nonce", async () => {
  using box = vaultBox();
  const nonces: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    await box.put("api-key", "openai", "same");
    nonces.push(JSON.parse(new TextDecoder().decode(box.bytes())).entries["api-key:openai"].nonce);
  }
  assert.equal(new Set(nonces).size, 3);
});

Deno.test("Vault replaces and removes a damaged entry", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "one");
  await box.put("api-key", "google", "two");
  box.tamper((entries) => entries.set("api-key:openai", null).set("api-key:google", 7));
  await fails("vault_damaged", () => box.open("api-key", "openai"));
  await box.put("api-key", "openai", "three");
  assert.equal(await box.vault().change((draft) => draft.remove("api-key", "google")), true);
  assert.equal(await box.open("api-key", "openai"), "three");
  assert.equal(await box.open("api-key", "google"), undefined);
});

function failing(): never {
  throw new Error("of the test");
}
