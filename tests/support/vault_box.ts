import { join } from "node:path";
import { detectKeyStores } from "../../backends/detect.ts";
import { type Identity, machineBackend } from "../../backends/machine.ts";
import { Secret } from "../../lib/secret.ts";
import { type EntryKind, type Envelope, formatEnvelope, parseEnvelope } from "../../lib/vault/envelope.ts";
import { type Home, homeFrom } from "../../lib/vault/home.ts";
import type { Json, KeyStores } from "../../lib/vault/keystore.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { countingRandom, START_TIME } from "./fake_system.ts";
import { temporaryFolder } from "./temporary_folder.ts";

/** A vault folder of its own, with the machine backend and an identity that the test may change. */
export interface VaultBox extends Disposable {
  readonly home: Home;
  readonly identity: { uid: number | null; user: string; machineId: Uint8Array | undefined };
  /** What the clock shows. */
  time: number;
  /** A vault that has read and opened nothing yet, as in a new process. */
  vault(): Vault;
  keyStores(home: Home): KeyStores;
  put(
    kind: EntryKind,
    name: string,
    value: string,
    fields?: { readonly [field: string]: Json },
  ): Promise<void>;
  /** The opened value. */
  open(kind: EntryKind, name: string): Promise<string | undefined>;
  /** `vault.json` as it is. */
  bytes(): Uint8Array;
  write(bytes: Uint8Array): void;
  /** Edits the entries and writes the file as the program would, as whoever can write to it may. */
  tamper(edit: (entries: Map<string, Json>, envelope: Envelope) => void): void;
}

/** Makes a box without a vault in it. */
export function vaultBox(): VaultBox {
  const folder = temporaryFolder();
  const home = homeFrom((name) => name === "AGENTGAZER_HOME" ? folder.at("home") : undefined);
  const identity = { uid: 1000, user: "ada", machineId: new Uint8Array(16).fill(7) };
  const source: Identity = {
    uid: () => box.identity.uid,
    userName: () => box.identity.user,
    machineId: () => Promise.resolve(box.identity.machineId),
  };
  const random = countingRandom();
  const keyStores = ({ machineKey }: Home) =>
    detectKeyStores([machineBackend({ path: machineKey, named: false }, source, random)], undefined);
  const box: VaultBox = {
    home,
    identity,
    time: START_TIME,
    vault: () => new Vault(home, keyStores(home), { now: () => box.time, random }),
    keyStores,
    put: (kind, name, value, fields) =>
      box.vault().change((draft) => draft.put(kind, name, new Secret(value), fields)),
    open: async (kind, name) => (await box.vault().open(kind, name))?.reveal(),
    bytes: () => Deno.readFileSync(home.vault),
    write: (bytes) => Deno.writeFileSync(home.vault, bytes),
    tamper(edit) {
      const envelope = parseEnvelope(box.bytes(), home.vault);
      const entries = new Map(envelope.entries);
      edit(entries, envelope);
      box.write(formatEnvelope({ ...envelope, entries }));
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
  return box;
}

/** The names in a folder, sorted. */
export function namesIn(path: string): string[] {
  return Deno.readDirSync(path).map((entry) => entry.name).toArray().sort();
}

/** A path beside the vault file. */
export function beside(home: Home, name: string): string {
  return join(home.folder, name);
}
