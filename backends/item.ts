import { createHmac } from "node:crypto";
import {
  type BackendName,
  type KeyBytes,
  type KeyResult,
  type KeyStore,
  keystoreError,
  type NewKey,
  type ProbeResult,
  type Trouble,
  type Wish,
} from "../lib/vault/keystore.ts";

/** The service of our items in every keystore; the account is the vault's id. */
const SERVICE = "com.agentgazer.vault";

/** The bytes of a vault's key. */
const KEY_BYTES = 32;

/** An item, as a keystore has it. */
export type ItemResult = { readonly state: "found"; readonly value: string } | Trouble;

/** The items of an OS keystore: ASCII texts under a service and an account. */
export interface Items {
  readonly backend: BackendName;
  /** Why no new item could be made here, as far as it can be known without making one. Asks nobody. */
  examine(wish: Wish): Promise<MissingOrTrouble | undefined>;
  /** May ask the user to unlock. */
  read(service: string, account: string): Promise<ItemResult>;
  /** Makes or replaces an item. May ask the user to unlock. */
  write(service: string, account: string, value: string): Promise<MissingOrTrouble | undefined>;
  remove(service: string, account: string): Promise<Trouble | undefined>;
}

/** There is no such keystore here. */
export type Missing = Extract<ProbeResult, { readonly state: "missing" }>;

/** What can go wrong when writing: on top of the rest, that there is nothing to write to. */
export type MissingOrTrouble = Missing | Trouble;

/**
 * A backend that keeps the vault's key as one item of an OS keystore.
 *
 * @param silent the same items for what must not wait for the user
 */
export function itemBackend(
  items: Items,
  silent: Items,
  random: (length: number) => Uint8Array<ArrayBuffer>,
): KeyStore {
  /** Stores a new key and reads it back. What is there afterwards counts, whoever wrote it. */
  async function keep(via: Items, account: string): Promise<{ readonly key: KeyBytes } | MissingOrTrouble> {
    const bytes = random(KEY_BYTES);
    const problem = await via.write(SERVICE, account, format(bytes));
    bytes.fill(0);
    if (problem !== undefined) return problem;
    const result = await via.read(SERVICE, account);
    if (result.state === "absent") return notKept(items.backend);
    if (result.state !== "found") return result;
    const key = parse(result.value);
    return key === undefined ? notKept(items.backend) : { key };
  }

  async function probe(wish: Wish): Promise<ProbeResult> {
    const problem = await items.examine(wish);
    if (problem !== undefined) return problem;
    const account = `probe-${random(16).toHex()}`;
    const kept = await keep(items, account);
    // Also after a failure: what could not be read back, or not in time, may have been written.
    const left = await silent.remove(SERVICE, account);
    if ("state" in kept) return kept;
    return left ?? { state: "open" };
  }

  async function create(vaultId: string): Promise<NewKey> {
    const kept = await keep(silent, vaultId);
    const undo = () => silent.remove(SERVICE, vaultId);
    if ("state" in kept) {
      await undo();
      throw keystoreError(kept);
    }
    return { key: kept.key, record: { backend: items.backend, item: digest(kept.key) }, undo };
  }

  /** Some keystores, such as KeePassXC, find nothing while they are locked. */
  async function lockedOr(absent: Trouble): Promise<Trouble> {
    const problem = await silent.examine("explicit");
    return problem?.state === "locked" ? problem : absent;
  }

  return {
    backend: items.backend,
    examine: async (wish) => await items.examine(wish) ?? { state: "open" },
    probe,
    create,
    async open(vaultId, record, silently = false): Promise<KeyResult> {
      const result = await (silently ? silent : items).read(SERVICE, vaultId);
      if (result.state === "absent") return await lockedOr(result);
      if (result.state !== "found") return result;
      const key = parse(result.value);
      if (key === undefined) return foreign(items.backend);
      const changed = digest(key) === record.item
        ? []
        : [`the key in ${nameOf(items.backend)} is another one`];
      return { state: "found", key, changed };
    },
    remove: (vaultId) => silent.remove(SERVICE, vaultId),
  };
}

/** The keystore's name in messages. */
export function nameOf(backend: BackendName): string {
  return {
    keychain: "the macOS Keychain",
    libsecret: "the keyring (Secret Service)",
    machine: "machine.key",
  }[backend];
}

/** ASCII only, since keystores mangle other bytes, and marked, so that a foreign value is not taken for a key. */
function format(key: KeyBytes): string {
  return `agz1:${key.toBase64()}`;
}

function parse(value: string): KeyBytes | undefined {
  // The last of 43 characters has two bits of its own, which are zero.
  const text = /^agz1:([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/.exec(value)?.[1];
  return text === undefined ? undefined : Uint8Array.fromBase64(text);
}

/** Tells another key from a damaged vault; says nothing about the key itself. */
function digest(key: KeyBytes): string {
  return createHmac("sha256", key).update("agentgazer keystore item").digest("hex").slice(0, 16);
}

function notKept(backend: BackendName): Trouble {
  return {
    state: "unavailable",
    reason: `Cannot keep a key in ${nameOf(backend)}: it took one and does not give it back`,
    hint: "agentgazer keystore status",
  };
}

function foreign(backend: BackendName): Trouble {
  return {
    state: "corrupt",
    reason: `Cannot use the vault's item in ${nameOf(backend)}: it holds no key of agentgazer`,
    hint: "restore the keyring from a backup",
  };
}
