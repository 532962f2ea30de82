import { createHmac, hkdfSync } from "node:crypto";
import * as os from "node:os";
import type { KeyBytes, KeyRecord, KeyResult, KeyStore, NewKey } from "../lib/vault/keystore.ts";
import { inWords, type KeyFile, makeKeyFile, noKeyFile, readKeyFile, removeKeyFile } from "./key_file.ts";
import { type Bound, changes, fingerprint, isBound, misnamed, missingKeyFile } from "./machine_binding.ts";
import { derivedId } from "./machine_id.ts";

/** The bytes of the key and of its salt. */
const KEY_BYTES = 32;

/** Who and where we are, as far as the key is bound to it. */
export interface Identity {
  uid(): number | null;
  /** Empty when the user has no passwd entry. */
  userName(): string;
  machineId(): Promise<Uint8Array | undefined>;
}

/**
 * The backend for machines without a keystore. The key is HKDF-SHA-256 (RFC 5869) over a random key file,
 * bound to the user's id and name and to the machine, so that a copied folder does not open elsewhere.
 * It does not protect from the same user or from root.
 */
export function machineBackend(
  keyFile: KeyFile,
  identity: Identity,
  random: (length: number) => Uint8Array<ArrayBuffer>,
): KeyStore {
  async function create(): Promise<NewKey> {
    const id = keyFile.named ? undefined : await identity.machineId();
    const bound: Bound = {
      uid: keyFile.named ? null : identity.uid(),
      user: keyFile.named ? null : identity.userName(),
      machine: fingerprint(id),
    };
    const secret = readKeyFile(keyFile) ?? makeKeyFile(keyFile, random);
    const salt = random(KEY_BYTES).toBase64();
    const record = { backend: "machine", salt, keyFile: digest(secret), bound } as const;
    return { key: derive(secret, salt, bound, id), record };
  }

  async function open(_vaultId: string, record: KeyRecord): Promise<KeyResult> {
    const { salt, bound } = record;
    if (typeof salt !== "string" || !isBound(bound)) {
      return {
        state: "corrupt",
        reason: "Cannot derive the key of the vault: its parameters are damaged",
        hint: "restore vault.json from a backup",
      };
    }
    const secret = readKeyFile(keyFile);
    if (secret === undefined) return missingKeyFile(keyFile, bound);
    const id = bound.machine === null ? undefined : await identity.machineId();
    const now: Bound = {
      uid: bound.uid === null ? null : identity.uid(),
      user: bound.user === null ? null : identity.userName(),
      machine: fingerprint(id),
    };
    const changed = changes(bound, now);
    const key = derive(secret, salt, now, id);
    if (record.keyFile === digest(secret)) return { state: "found", key, changed };
    // Where nothing else has changed, it is only named wrongly.
    const mend = changed.length === 0 ? misnamed(keyFile, bound) : undefined;
    changed.push(`${inWords(keyFile)} is not the key file that it was made with`);
    return { state: "found", key, changed, mend };
  }

  return {
    backend: "machine",
    examine: () => Promise.resolve({ state: "open" }),
    probe: () =>
      Promise.try(() => {
        if (keyFile.named && readKeyFile(keyFile) === undefined) throw noKeyFile(keyFile);
        return { state: "open" };
      }),
    create,
    open,
    remove: () => Promise.resolve(keyFile.named ? undefined : removeKeyFile(keyFile)),
  };
}

/** User id and name from the operating system, not from the environment. */
export function currentUserName(): string {
  try {
    return os.userInfo().username;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return "";
  }
}

function derive(
  secret: Uint8Array,
  salt: string,
  bound: Bound,
  id: Uint8Array | undefined,
): KeyBytes {
  const machine = id === undefined ? null : derivedId(id, "key");
  const info = JSON.stringify(["agentgazer machine key 1", bound.uid, bound.user, machine]);
  return new Uint8Array(hkdfSync("sha256", secret, salt, info, KEY_BYTES));
}

function digest(secret: Uint8Array): string {
  return createHmac("sha256", secret).update("agentgazer key file").digest("hex").slice(0, 16);
}
