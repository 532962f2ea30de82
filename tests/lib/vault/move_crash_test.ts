import assert from "node:assert/strict";
import type { ErrorCode } from "../../../lib/errors.ts";
import type { BackendName } from "../../../lib/vault/keystore.ts";
import { exitOf, fails } from "../../support/failure.ts";
import type { Step } from "../../support/fake_keystore.ts";
import { type FakeVaultBox, filledBox } from "../../support/fake_vault_box.ts";

/** As a process that ends there. */
class Crash extends Error {}

/** Where the process ends, and the backend of the vault that it leaves. */
const CRASHES: [moment: "before" | "after", step: Step, of: BackendName, leaves: BackendName][] = [
  ["before", "open", "machine", "machine"],
  ["after", "open", "machine", "machine"],
  ["before", "probe", "keychain", "machine"],
  ["after", "probe", "keychain", "machine"],
  ["before", "create", "keychain", "machine"],
  ["after", "create", "keychain", "machine"],
  ["before", "open", "keychain", "machine"],
  ["after", "open", "keychain", "machine"],
  ["before", "remove", "machine", "keychain"],
  ["after", "remove", "machine", "keychain"],
];

Deno.test("Vault.move() leaves a vault that opens, wherever it ends, and can be done again", async (t) => {
  for (const [moment, step, of, leaves] of CRASHES) {
    await t.step(`${moment} ${step} of ${of}`, async () => {
      using box = await filledBox();
      const [before, text] = [await box.all(), box.text()];
      const store = box.keys.stores[of];
      store[moment] = (current: Step) => {
        if (current === step) throw new Crash();
      };
      await assert.rejects(box.vault().move("keychain"), Crash);
      store[moment] = () => {};
      assert.equal(box.envelope().key.backend, leaves);
      if (leaves === "machine") assert.equal(box.text(), text);
      assert.deepEqual(await box.all(), before);
      await box.vault().move("keychain");
      await box.vault().move("libsecret");
      assert.deepEqual(await box.all(), before);
    });
  }
});

interface Unwritable {
  readonly what: string;
  readonly prepare: (box: FakeVaultBox) => void;
  readonly mend: (box: FakeVaultBox) => void;
  readonly code: ErrorCode;
}

const UNWRITABLE: readonly Unwritable[] = [
  {
    what: "the new file can't be made",
    prepare: ({ home }) => Deno.mkdirSync(`${home.vault}.new/x`, { recursive: true }),
    mend: ({ home }) => Deno.removeSync(`${home.vault}.new`, { recursive: true }),
    code: "vault_unavailable",
  },
  {
    what: "the lock can't be had",
    prepare({ home }) {
      Deno.removeSync(home.lock);
      Deno.mkdirSync(home.lock);
    },
    mend: ({ home }) => Deno.removeSync(home.lock),
    code: "refused",
  },
  {
    what: "the file becomes a folder",
    prepare({ home, keys }) {
      keys.stores.keychain.after = (step) => {
        if (step !== "create") return;
        Deno.renameSync(home.vault, home.vault + ".away");
        Deno.mkdirSync(home.vault);
      };
    },
    mend({ home, keys }) {
      keys.stores.keychain.after = () => {};
      Deno.removeSync(home.vault);
      Deno.renameSync(home.vault + ".away", home.vault);
    },
    code: "vault_unavailable",
  },
];

Deno.test("Vault.move() keeps the old key when the file can't be written, and can be done again", async (t) => {
  for (const { what, prepare, mend, code } of UNWRITABLE) {
    await t.step(what, async () => {
      using box = await filledBox();
      const [before, text] = [await box.all(), box.text()];
      prepare(box);
      await fails(code, () => box.vault().move("keychain"));
      assert.ok(!box.keys.log.includes("remove machine"));
      // Unless it can't be told what stands there.
      const keys = what === "the file becomes a folder" ? 1 : 0;
      assert.equal(box.keys.stores.keychain.keys.size, keys);
      mend(box);
      assert.equal(box.text(), text);
      assert.deepEqual(await box.all(), before);
      await box.vault().move("keychain");
      assert.deepEqual(await box.all(), before);
      assert.deepEqual(box.keptBy(), ["keychain"]);
    });
  }
});

/** Changes the key that the new keystore has just taken. */
const UNFAITHFUL: [what: string, change: (keys: Map<string, string>, id: string) => void][] = [
  ["does not keep it", (keys, id) => keys.delete(id)],
  ["keeps another one", (keys, id) => keys.set(id, "ab".repeat(32))],
  ["keeps it for another vault", (keys, id) => {
    keys.set("x", keys.get(id)!);
    keys.delete(id);
  }],
];

Deno.test("Vault.move() trusts no keystore that does not give the new key back", async (t) => {
  for (const [what, change] of UNFAITHFUL) {
    await t.step(what, async () => {
      using box = await filledBox();
      const [before, text] = [await box.all(), box.text()];
      const store = box.keys.stores.keychain;
      store.after = (step) => {
        if (step === "create") change(store.keys, [...store.keys.keys()].at(-1)!);
      };
      assert.equal(await exitOf(() => box.vault().move("keychain")), 5);
      assert.equal(box.text(), text);
      assert.ok(!box.keys.log.includes("remove machine"));
      assert.deepEqual(await box.all(), before);
    });
  }
});
