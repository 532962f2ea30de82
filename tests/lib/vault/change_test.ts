import assert from "node:assert/strict";
import { Secret } from "../../../lib/secret.ts";
import { fails } from "../../support/failure.ts";
import { fakeKeyStores } from "../../support/fake_keystore.ts";
import { fakeVaultBox, filledBox, once } from "../../support/fake_vault_box.ts";

const ANOTHER = new Secret("sk-another");

Deno.test("Vault.change() asks the keystore before it takes the lock, and not under it", async (t) => {
  await t.step("for a new vault, of which it keeps the key under the lock", async () => {
    using box = fakeVaultBox();
    const seen: [step: string, locked: boolean][] = [];
    box.watch((step) => seen.push([step, box.isLocked()]));
    await box.put("openai", "sk-one");
    assert.deepEqual(seen, [["probe machine", false], ["create machine", true]]);
  });
  await t.step("for a vault that is there", async () => {
    using box = await filledBox();
    const seen: [step: string, locked: boolean][] = [];
    box.watch((step) => seen.push([step, box.isLocked()]));
    await box.vault().change((draft) => {
      assert.ok(box.isLocked());
      draft.put("api-key", "openai", ANOTHER);
    });
    assert.deepEqual(seen, [["open machine", false]]);
    assert.ok(!box.isLocked());
  });
});

Deno.test("Vault.change() makes no key for a change that comes to nothing", async (t) => {
  using box = fakeVaultBox();
  await t.step("since it changes nothing", async () => {
    assert.equal(await box.vault().change((draft) => draft.remove("api-key", "openai")), false);
  });
  await t.step("since it throws", async () => {
    const work = box.vault().change((draft) => {
      draft.put("api-key", "openai", ANOTHER);
      throw new RangeError("of the test");
    });
    await assert.rejects(work, RangeError);
  });
  assert.deepEqual(box.keys.log, []);
  assert.throws(() => box.text(), Deno.errors.NotFound);
});

Deno.test("Vault.change() uses the vault that another process made meanwhile, and makes no second key", async () => {
  using box = fakeVaultBox();
  box.watch(once("probe machine", () => box.put("openai", "sk-one")));
  await box.put("google", "sk-two");
  assert.deepEqual((await box.all()).map(([, value]) => value), ["sk-two", "sk-one"]);
  assert.equal(box.keys.stores.machine.keys.size, 1);
  assert.deepEqual(box.keys.log.filter((step) => step.startsWith("create")).length, 1);
});

Deno.test("Vault.change() of ten processes at once makes one key and loses nothing", async () => {
  using box = fakeVaultBox();
  const names = Array.from({ length: 10 }, (_, i) => `n${i}`);
  await Promise.all(names.map((name) => box.put(name, `sk-${name}`)));
  assert.equal(box.keys.stores.machine.keys.size, 1);
  assert.deepEqual(
    (await box.all()).map(([{ name }, value]) => [name, value]),
    names.map((name) => [
      name,
      `sk-${name}`,
    ]),
  );
});

Deno.test("Vault.change() edits what is there under the lock, once", async () => {
  using box = await filledBox();
  box.watch(once("open machine", () => box.put("openai", "sk-newer")));
  let edits = 0;
  await box.vault().change((draft) => {
    edits++;
    assert.ok(draft.entry("api-key", "openai")!.fields.note === undefined);
    draft.put("api-key", "google", ANOTHER);
  });
  assert.equal(edits, 1);
  assert.equal((await box.vault().open("api-key", "openai"))?.reveal(), "sk-newer");
});

Deno.test("Vault.change() makes a new vault when the old one was removed meanwhile", async () => {
  using box = await filledBox();
  const { id } = box.envelope();
  box.watch(once("open machine", () => Deno.removeSync(box.home.vault)));
  await box.put("google", "sk-two");
  assert.notEqual(box.envelope().id, id);
  assert.deepEqual((await box.all()).map(([, value]) => value), ["sk-two"]);
});

Deno.test("Vault.change() writes nothing under the key of a vault that was replaced meanwhile", async () => {
  using box = await filledBox();
  using other = await filledBox();
  for (const [id, key] of other.keys.stores.machine.keys) box.keys.stores.machine.keys.set(id, key);
  box.watch(once("open machine", () => Deno.copyFileSync(other.home.vault, box.home.vault)));
  await box.put("google", "sk-two");
  assert.equal(box.envelope().id, other.envelope().id);
  assert.equal((await box.all()).length, 6);
});

Deno.test("Vault.open() asks once when many ask at once, and again after a failure", async () => {
  using box = await filledBox();
  const { machine } = box.keys.stores;
  const vault = box.vault();
  const openAll = () => ["openai", "__proto__", "openai"].map((name) => vault.open("api-key", name));
  machine.state = "locked";
  for (let asked = 1; asked <= 2; asked++) {
    for (const { status } of await Promise.allSettled(openAll())) assert.equal(status, "rejected");
    assert.equal(box.keys.log.length, asked);
  }
  machine.state = "open";
  const values = (await Promise.all(openAll())).map((secret) => secret?.reveal());
  assert.deepEqual(values, ["sk-one", "sk-two", "sk-one"]);
  await Promise.all(openAll());
  assert.deepEqual(box.keys.log, Array(3).fill("open machine"));
});

Deno.test("Vault.unlock() asks the keystores that it is given, and holds the key", async () => {
  using box = await filledBox();
  const asking = fakeKeyStores();
  for (const [id, key] of box.keys.stores.machine.keys) asking.stores.machine.keys.set(id, key);
  box.keys.stores.machine.state = "locked";
  const vault = box.vault();
  await fails("keystore_unavailable", () => vault.unlock());
  await vault.unlock(asking);
  assert.equal((await vault.open("api-key", "openai"))?.reveal(), "sk-one");
  assert.deepEqual([box.keys.log, asking.log], [["open machine"], ["open machine"]]);
});
