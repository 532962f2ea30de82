import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../../lib/errors.ts";
import { Secret } from "../../../lib/secret.ts";
import type { Trouble } from "../../../lib/vault/keystore.ts";
import { keystoreError } from "../../../lib/vault/keystore.ts";
import type { Vault } from "../../../lib/vault/vault.ts";
import { fails } from "../../support/failure.ts";
import { troubleFor } from "../../support/fake_keystore.ts";
import { type FakeVaultBox, fakeVaultBox, filledBox } from "../../support/fake_vault_box.ts";

/** Stores something. */
const put = (vault: Vault) => vault.change((draft) => draft.put("api-key", "openai", new Secret("sk-new")));

const TROUBLES: Trouble["state"][] = ["locked", "declined", "denied", "unavailable", "absent", "corrupt"];

Deno.test("Vault.prepare() fails when the key of the vault can't be had", async (t) => {
  for (const state of TROUBLES) {
    await t.step(state, async () => {
      using box = await filledBox();
      const before = box.text();
      box.keys.stores.machine.state = state;
      await fails("keystore_unavailable", () => box.vault().prepare());
      assert.equal(box.text(), before);
      assert.deepEqual(box.keys.log, ["open machine"]);
    });
  }
});

Deno.test("Vault.prepare() fails when no keystore would keep a new key", async () => {
  using box = fakeVaultBox();
  const trouble = keystoreError(troubleFor("locked", "libsecret"));
  box.keys.forNewVault = () => Promise.reject(trouble);
  assert.equal(await fails("keystore_unavailable", () => box.vault().prepare()), trouble);
  assert.throws(() => Deno.statSync(box.home.folder), Deno.errors.NotFound);
});

const UNREADABLE: [what: string, code: ErrorCode, make: (box: FakeVaultBox) => unknown][] = [
  ["is damaged", "vault_damaged", ({ home }) => Deno.writeTextFileSync(home.vault, "{")],
  ["is a link", "refused", ({ home }) => {
    Deno.renameSync(home.vault, `${home.vault}.old`);
    Deno.symlinkSync("vault.json.old", home.vault);
  }],
  ["may be read by others", "refused", ({ home }) => Deno.chmodSync(home.vault, 0o644)],
];

Deno.test("Vault.prepare() takes no vault for none that …", async (t) => {
  for (const [what, code, make] of UNREADABLE) {
    await t.step(what, async () => {
      using box = await filledBox();
      make(box);
      await fails(code, () => box.vault().prepare());
      assert.deepEqual(box.keys.log, []);
    });
  }
});

Deno.test("Vault.prepare() fails where no vault could be written", async (t) => {
  const rows: [what: string, make: (box: FakeVaultBox) => void][] = [
    ["the folder can't be made", ({ home }) => Deno.writeTextFileSync(home.folder, "a file")],
    ["the lock can't be taken", ({ home }) => {
      Deno.mkdirSync(home.folder, { mode: 0o700 });
      Deno.mkdirSync(home.lock);
    }],
  ];
  for (const [what, make] of rows) {
    await t.step(what, async () => {
      using box = fakeVaultBox();
      make(box);
      await assert.rejects(box.vault().prepare(), AppError);
    });
  }
});

Deno.test("Vault.prepare() writes no vault, and what it found is used without asking again", async (t) => {
  await t.step("for a new vault", async () => {
    using box = fakeVaultBox();
    box.keys.best = "libsecret";
    const vault = box.vault();
    await vault.prepare();
    assert.throws(() => box.text(), Deno.errors.NotFound);
    // A worse one that comes up meanwhile changes nothing.
    box.keys.best = "machine";
    await put(vault);
    assert.deepEqual(box.keys.log, ["probe libsecret", "create libsecret"]);
    assert.deepEqual(box.keptBy(), ["libsecret"]);
  });
  await t.step("for a vault that is there", async () => {
    using box = await filledBox();
    const before = box.text();
    const vault = box.vault();
    await vault.prepare();
    assert.equal(box.text(), before);
    box.keys.stores.machine.state = "locked";
    await put(vault);
    assert.deepEqual(box.keys.log, ["open machine"]);
  });
});

Deno.test("Vault.prepare() is no promise: a vault that another process made since counts", async () => {
  using box = fakeVaultBox();
  box.keys.best = "libsecret";
  const vault = box.vault();
  await vault.prepare();
  box.keys.best = "machine";
  await box.put("google", "sk-other");
  await put(vault);
  assert.deepEqual(box.keptBy(), ["machine"]);
  assert.deepEqual((await box.all()).map(([{ name }, value]) => [name, value]), [
    ["google", "sk-other"],
    ["openai", "sk-new"],
  ]);
});

Deno.test("Vault.change() leaves no vault when the keystore that Vault.prepare() found is gone", async () => {
  using box = fakeVaultBox();
  const vault = box.vault();
  await vault.prepare();
  box.keys.stores.machine.before = (step) => {
    if (step === "create") throw keystoreError(troubleFor("unavailable", "machine"));
  };
  await fails("keystore_unavailable", () => put(vault));
  assert.throws(() => box.text(), Deno.errors.NotFound);
});
