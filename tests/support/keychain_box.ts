import { detectKeyStores } from "../../backends/detect.ts";
import { machineBackend } from "../../backends/machine.ts";
import { Secret } from "../../lib/secret.ts";
import { type Home, homeFrom } from "../../lib/vault/home.ts";
import type { KeyStore, KeyStores } from "../../lib/vault/keystore.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { countingRandom, START_TIME } from "./fake_system.ts";
import { keychainStore } from "./keychain.ts";
import { type Mode, type Security, startSecurity } from "./security/fixture.ts";
import { temporaryFolder } from "./temporary_folder.ts";

/** A vault folder of its own on a Mac: with a Keychain, and the machine backend behind it. */
export interface KeychainBox extends Disposable {
  readonly home: Home;
  readonly security: Security;
  /** Called when the backend of a new vault is chosen, before its key is made. */
  onChosen: () => void;
  /** The backend itself. */
  keychain(): KeyStore;
  /** A vault that has read and opened nothing yet, as in a new process. */
  vault(): Vault;
  put(provider: string, value: string): Promise<void>;
  /** The opened value. */
  open(provider: string): Promise<string | undefined>;
  /** `vault.json` as it is. */
  bytes(): Uint8Array;
}

/** How a box differs from an open Keychain in a graphical session. */
export interface KeychainBoxOptions {
  readonly mode?: Mode;
  readonly isGraphical?: boolean;
  /** The value of `AGENTGAZER_SECRET_BACKEND`. */
  readonly forced?: string | undefined;
}

/** Makes a box without a vault in it. */
export function keychainBox(options: KeychainBoxOptions = {}): KeychainBox {
  const { mode = "normal", isGraphical = true, forced } = options;
  const folder = temporaryFolder();
  const security = startSecurity({ mode });
  const home = homeFrom((name) => name === "AGENTGAZER_HOME" ? folder.at("home") : undefined);
  const random = countingRandom();
  const identity = { uid: () => 501, userName: () => "ada", machineId: () => Promise.resolve(undefined) };
  const keychain = () => keychainStore(security, { isGraphical: () => Promise.resolve(isGraphical) }, random);
  const keyStores = (): KeyStores => {
    const machine = machineBackend({ path: home.machineKey, named: false }, identity, random);
    const keys = detectKeyStores([keychain(), machine], forced);
    const forNewVault = async () => {
      const chosen = await keys.forNewVault();
      box.onChosen();
      return chosen;
    };
    return { ...keys, forNewVault };
  };
  const box: KeychainBox = {
    home,
    security,
    onChosen: () => {},
    keychain,
    vault: () => new Vault(home, keyStores(), { now: () => START_TIME, random }),
    put: (provider, value) =>
      box.vault().change((draft) => draft.put("api-key", provider, new Secret(value))),
    open: async (provider) => (await box.vault().open("api-key", provider))?.reveal(),
    bytes: () => Deno.readFileSync(home.vault),
    [Symbol.dispose]() {
      security[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
  return box;
}
