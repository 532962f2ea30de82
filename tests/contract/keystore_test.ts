import { SILENT } from "../../backends/asking.ts";
import { itemBackend } from "../../backends/item.ts";
import { libsecretItems } from "../../backends/libsecret.ts";
import { type Identity, machineBackend } from "../../backends/machine.ts";
import { startKeyring } from "../support/keyring.ts";
import { realRandom } from "../support/real_random.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { namesIn } from "../support/vault_box.ts";
import { type Place, testKeyStore } from "./keystore_contract.ts";

const ADA: Identity = {
  uid: () => 1000,
  userName: () => "ada",
  machineId: () => Promise.resolve(new Uint8Array(16).fill(7)),
};

function machinePlace(): Promise<Place> {
  const folder = temporaryFolder();
  return Promise.resolve({
    shared: true,
    store: () => machineBackend({ path: folder.at("machine.key"), named: false }, ADA, realRandom),
    kept: () => Promise.resolve(namesIn(folder.path)),
    [Symbol.asyncDispose]: () => Promise.resolve(folder[Symbol.dispose]()),
  });
}

async function libsecretPlace(): Promise<Place> {
  const keyring = await startKeyring({ state: "open" });
  const items = () => libsecretItems({ env: (name) => keyring.env[name], asking: SILENT });
  return {
    store: () => itemBackend(items(), items(), realRandom),
    kept: async () => (await keyring.items()).map(({ attributes }) => attributes.username!).sort(),
    lock: keyring.lock,
    unlock: keyring.unlock,
    putForeign: (username, value) => keyring.tool.store({ service: "com.agentgazer.vault", username }, value),
    [Symbol.asyncDispose]: () => keyring[Symbol.asyncDispose](),
  };
}

testKeyStore("machine", [], [], machinePlace);
testKeyStore("libsecret", ["libsecret"], ["lock", "putForeign"], libsecretPlace);
