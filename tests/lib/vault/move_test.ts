import assert from "node:assert/strict";
import { Secret } from "../../../lib/secret.ts";
import { BACKENDS } from "../../../lib/vault/keystore.ts";
import { homeFrom } from "../../../lib/vault/home.ts";
import { Vault } from "../../../lib/vault/vault.ts";
import { exitOf, fails } from "../../support/failure.ts";
import { fakeVaultBox, filledBox, once } from "../../support/fake_vault_box.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { namesIn } from "../../support/vault_box.ts";

Deno.test("Vault.move() keeps every entry with its value, fields and times", async () => {
  using box = await filledBox();
  const before = await box.all();
  assert.equal(before.length, 5);
  assert.deepEqual(await box.vault().move("keychain"), { from: "machine", leftover: undefined });
  assert.deepEqual(await box.all(), before);
  assert.deepEqual(box.keptBy(), ["keychain"]);
});

Deno.test("Vault.move() records the backend, why and where, and gives the vault another id", async () => {
  using box = await filledBox();
  const { id } = box.envelope();
  await box.vault().move("libsecret");
  const envelope = box.envelope();
  assert.notEqual(envelope.id, id);
  assert.match(envelope.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([...box.keys.stores.libsecret.keys.keys()], [envelope.id]);
  assert.equal(envelope.key.folder, box.home.folder);
  assert.deepEqual([envelope.key.backend, envelope.key.chosen], ["libsecret", "moved"]);
  assert.deepEqual(namesIn(box.home.folder), ["vault.json", "vault.lock"]);
});

Deno.test("Vault.move() goes from any backend to any other, and the same process goes on", async (t) => {
  for (const from of BACKENDS) {
    for (const to of BACKENDS.filter((one) => one !== from)) {
      await t.step(`${from} to ${to}`, async () => {
        using box = fakeVaultBox();
        box.keys.best = from;
        const vault = box.vault();
        await vault.change((draft) => draft.put("api-key", "openai", new Secret("sk-one")));
        assert.equal((await vault.move(to))?.from, from);
        await vault.change((draft) => draft.put("api-key", "google", new Secret("sk-two")));
        assert.equal((await vault.open("api-key", "openai"))?.reveal(), "sk-one");
        assert.deepEqual((await box.all()).map(([, value]) => value), ["sk-two", "sk-one"]);
        assert.deepEqual(box.keptBy(), [to]);
      });
    }
  }
});

Deno.test("Vault.move() asks before it locks; keeps, reads back, renames, and only then removes", async () => {
  using box = await filledBox();
  const old = box.text();
  const seen: [step: string, locked: boolean, file: string][] = [];
  box.watch((step) => seen.push([step, box.isLocked(), box.text() === old ? "old" : "new"]));
  box.keys.stores.keychain.after = () => assert.equal(box.text(), old);
  await box.vault().move("keychain");
  assert.deepEqual(seen, [
    ["open machine", false, "old"],
    ["probe keychain", false, "old"],
    ["create keychain", true, "old"],
    ["open keychain", true, "old"],
    ["remove machine", true, "new"],
  ]);
});

Deno.test("Vault.move() seals everything with fresh nonces under another key", async () => {
  using box = await filledBox();
  const sealedParts = () => {
    const { check, entries } = box.envelope();
    const parts = [check, ...entries.values()] as { readonly nonce: string; readonly data: string }[];
    return parts.flatMap(({ nonce, data }) => [nonce, data]);
  };
  const hex = box.keys.stores.machine.keys.get(box.envelope().id);
  const before = sealedParts();
  await box.vault().move("keychain");
  const all = [...before, ...sealedParts()];
  assert.equal(all.length, 2 * 2 * 6);
  assert.equal(new Set(all).size, all.length);
  assert.notEqual(box.keys.stores.keychain.keys.get(box.envelope().id), hex);
});

Deno.test("Vault.move() does nothing when the vault is there already, even if it is locked", async () => {
  using box = await filledBox();
  box.keys.stores.machine.state = "locked";
  const before = box.text();
  assert.equal(await box.vault().move("machine"), undefined);
  assert.equal(box.text(), before);
  assert.deepEqual(box.keys.log, []);
});

Deno.test("Vault.move() goes by the names, whatever backend is forced", async () => {
  using box = await filledBox();
  const before = await box.all();
  const { forRecord } = box.keys;
  box.keys.forRecord = () => assert.fail("the forced backend is another one");
  await box.vault().move("keychain");
  box.keys.forRecord = forRecord;
  assert.deepEqual(await box.all(), before);
});

Deno.test("Vault.move() makes no vault when there is none", async () => {
  using box = fakeVaultBox();
  const work = () => box.vault().move("libsecret");
  const { hint } = await fails("not_found", work);
  assert.match(hint!, /^AGENTGAZER_SECRET_BACKEND=libsecret agentgazer providers set /);
  assert.equal(await exitOf(work), 4);
  assert.deepEqual(box.keys.log, []);
  assert.throws(() => Deno.statSync(box.home.folder), Deno.errors.NotFound);
});

Deno.test("Vault.move() loses nothing of what another process changes before the lock", async () => {
  using box = await filledBox();
  box.watch(once("probe keychain", () =>
    box.vault().change((draft) => {
      draft.put("api-key", "openai", new Secret("sk-newer"));
      draft.put("api-key", "mistral", new Secret("sk-added"));
      draft.remove("login", "empty");
    })));
  await box.vault().move("keychain");
  const names = (await box.all()).map(([{ name }, value]) => [name, value]);
  assert.deepEqual(names, [
    ["__proto__", "sk-two"],
    ["mistral", "sk-added"],
    ["openai", "sk-newer"],
    ["openai-oauth", '{"accessToken":"ü"}'],
    ["default", "agz_x"],
  ]);
});

Deno.test("Vault.move() lets a change that waits for it go on under the new key", async () => {
  using box = await filledBox();
  const other = box.vault();
  await other.unlock();
  let change: Promise<void> | undefined;
  box.watch(once("create keychain", () => {
    change = other.change((draft) => draft.put("api-key", "mistral", new Secret("sk-added")));
  }));
  await box.vault().move("keychain");
  await change;
  assert.equal((await box.all()).length, 6);
  assert.equal(box.envelope().key.backend, "keychain");
});

Deno.test("Vault.move() of a copied folder leaves the key of the original", async (t) => {
  for (const from of BACKENDS) {
    for (const to of BACKENDS.filter((one) => one !== from)) {
      await t.step(`${from} to ${to}`, async () => {
        using box = await filledBox();
        if (from !== "machine") await box.vault().move(from);
        using temporary = temporaryFolder();
        const home = homeFrom((name) => name === "AGENTGAZER_HOME" ? temporary.at("copy") : undefined);
        Deno.mkdirSync(home.folder, { mode: 0o700 });
        Deno.copyFileSync(box.home.vault, home.vault);
        const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
        const copy = () => new Vault(home, box.keys, { now: () => box.time, random });
        const opened = async () => (await copy().open("api-key", "openai"))?.reveal();
        const [before, text] = [await box.all(), box.text()];
        const { keys } = box.keys.stores[from];
        const kept = [...keys];

        box.keys.log.length = 0;
        const moved = await copy().move(to);
        assert.deepEqual([moved?.from, moved?.leftover?.state], [from, "unavailable"]);
        assert.match(moved!.leftover!.reason, /copied from another folder/);
        assert.ok(!box.keys.log.some((step) => step.startsWith("remove")), box.keys.log.join());
        assert.deepEqual([...keys], kept);
        assert.equal(box.text(), text);
        assert.deepEqual(await box.all(), before);
        assert.equal(await opened(), "sk-one");

        // And the other way: the original moves to where the copy has its key, and the copy moves back.
        assert.deepEqual(await box.vault().move(to), { from, leftover: undefined });
        assert.deepEqual([keys.size, box.keys.stores[to].keys.size], [0, 2]);
        assert.equal(await opened(), "sk-one");
        assert.deepEqual(await copy().move(from), { from: to, leftover: undefined });
        assert.deepEqual([keys.size, box.keys.stores[to].keys.size], [1, 1]);
        assert.deepEqual(await box.all(), before);
        assert.equal(await opened(), "sk-one");
      });
    }
  }
});

Deno.test("Vault.move() sees that another process moved meanwhile", async (t) => {
  await t.step("to the same place", async () => {
    using box = await filledBox();
    const before = await box.all();
    box.watch(once("probe keychain", () => box.vault().move("keychain")));
    assert.equal(await box.vault().move("keychain"), undefined);
    assert.deepEqual(await box.all(), before);
    assert.equal(box.keys.log.filter((step) => step.startsWith("create")).length, 1);
    assert.deepEqual(box.keptBy(), ["keychain"]);
  });
  await t.step("to another place", async () => {
    using box = await filledBox();
    const before = await box.all();
    box.watch(once("probe keychain", () => box.vault().move("libsecret")));
    assert.equal((await box.vault().move("keychain"))?.from, "libsecret");
    assert.deepEqual(await box.all(), before);
    assert.deepEqual(box.keptBy(), ["keychain"]);
  });
});
