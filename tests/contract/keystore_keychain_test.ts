import { Buffer } from "node:buffer";
import { keychainStore, SERVICE } from "../support/keychain.ts";
import { realRandom } from "../support/real_random.ts";
import { startSecurity } from "../support/security/fixture.ts";
import { type Place, testKeyStore } from "./keystore_contract.ts";

function keychainPlace(): Promise<Place> {
  const security = startSecurity();
  const setMode = (mode: typeof security.mode) => {
    security.mode = mode;
    return Promise.resolve();
  };
  return Promise.resolve({
    store: () => keychainStore(security, {}, realRandom),
    kept: () => Promise.resolve(security.items().map(({ account }) => account).sort()),
    lock: () => setMode("locked-headless"),
    unlock: () => setMode("normal"),
    putForeign: (account, value) => Promise.resolve(security.put(SERVICE, account, Buffer.from(value))),
    [Symbol.asyncDispose]: () => Promise.resolve(security[Symbol.dispose]()),
  });
}

testKeyStore("keychain", [], ["lock", "putForeign"], keychainPlace);
