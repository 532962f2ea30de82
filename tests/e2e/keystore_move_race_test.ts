import assert from "node:assert/strict";
import { keyStores } from "../../backends/keystores.ts";
import { homeFrom } from "../../lib/vault/home.ts";
import type { KeyStores } from "../../lib/vault/keystore.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { fakeSystem } from "../support/fake_system.ts";
import { type KeyringBox, keyringBox } from "../support/keyring_box.ts";
import { testWith } from "../support/needs.ts";
import { realRandom } from "../support/real_random.ts";

const KEY = "sk-proj-q7Zx2Wv9Kp4Tn8Rb3Md6";

/** The vault in a process that is slow: when it gets to the keystore, another has moved the key. */
function slowVault({ box, keyring, vault }: KeyringBox): Vault {
  const home = homeFrom((name) => name === "AGENTGAZER_HOME" ? box.home : undefined);
  const system = { ...fakeSystem({ env: keyring.env }), random: realRandom };
  const stores = keyStores(system, home.machineKey, "silent");
  const slow: KeyStores = {
    ...stores,
    forRecord(record) {
      const store = stores.forRecord(record);
      return {
        ...store,
        async open(id, written) {
          await vault().move("machine");
          return await store.open(id, written);
        },
      };
    },
  };
  return new Vault(home, slow, system);
}

testWith(["compile", "libsecret"], "Vault does not miss a key that was moved meanwhile", async (t) => {
  const rows: readonly (readonly [what: string, work: (vault: Vault) => Promise<unknown>])[] = [
    ["open()", (vault) => vault.open("api-key", "openai")],
    ["unlock()", (vault) => vault.unlock()],
    ["change()", (vault) => vault.change((draft) => draft.remove("api-key", "mistral"))],
  ];
  await using box = await keyringBox();
  await box.set(KEY);
  for (const [what, work] of rows) {
    await t.step(what, async () => {
      await box.vault().move("libsecret");
      await work(slowVault(box));
      assert.deepEqual(await box.opened("openai"), [KEY]);
    });
  }
});

testWith(["compile", "libsecret"], "keystore move does not disturb other commands", async () => {
  await using box = await keyringBox();
  await box.set(KEY);
  for (let round = 0; round < 8; round++) {
    const to = round % 2 === 0 ? "machine" : "libsecret";
    const key = `another-0123456789abcdef-${round}`;
    const runs = await Promise.all([
      box.run(["keystore", "move", "--to", to]),
      box.run(["providers", "set", "mistral", "--force"], { stdin: key }),
      box.run(["keystore", "move", "--to", to]),
      box.run(["env"]),
    ]);
    assert.equal(box.recorded().backend, to);
    assert.deepEqual(runs.map(({ code, stderr }) => code === 0 ? "" : stderr), ["", "", "", ""]);
    assert.deepEqual(await box.opened("openai", "mistral"), [KEY, key]);
  }
});
