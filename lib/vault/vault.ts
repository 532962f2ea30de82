import { AppError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { System } from "../system.ts";
import { type Contents, type Draft, EnvelopeContents, EnvelopeDraft, type Put } from "./contents.ts";
import {
  boundToCheck,
  boundToEntry,
  damaged,
  damagedEntry,
  type EntryKind,
  entryName,
  type Envelope,
  formatEnvelope,
  parseEnvelope,
  splitEntry,
} from "./envelope.ts";
import { ensureFolder, readGuarded, replaceDurably, stampOf } from "./file.ts";
import type { Home } from "./home.ts";
import type { Json, KeyRecord, KeyStores } from "./keystore.ts";
import { withLock } from "./lock.ts";
import { canonical, importKey, seal, type Sealed, unseal } from "./seal.ts";

interface OpenKey {
  readonly record: string;
  readonly key: CryptoKey;
}

/** The encrypted credentials in `vault.json`, under a key that one of the backends guards. */
export class Vault {
  readonly #home: Home;
  readonly #keys: KeyStores;
  readonly #system: Pick<System, "now" | "random">;
  #open: OpenKey | undefined;
  #seen: { readonly stamp: string; readonly envelope: Envelope | undefined } | undefined;

  constructor(home: Home, keys: KeyStores, system: Pick<System, "now" | "random">) {
    this.#home = home;
    this.#keys = keys;
    this.#system = system;
  }

  /** Changes whenever the file does. */
  stamp(): string {
    return stampOf(this.#home.vault);
  }

  /**
   * Reads what is there now. No vault is an empty one.
   *
   * @throws {AppError} `vault_damaged`, `vault_unavailable`, `refused`
   */
  read(): Contents {
    return new EnvelopeContents(this.#read()?.entries ?? new Map());
  }

  /**
   * Opens one entry; `undefined` when there is none.
   *
   * @throws {AppError} `vault_damaged`, `key_mismatch`, `keystore_unavailable`, `vault_unavailable`
   */
  async open(kind: EntryKind, name: string): Promise<Secret | undefined> {
    const envelope = this.#read();
    const id = entryName(kind, name);
    const entry = envelope?.entries.get(id);
    if (envelope === undefined || entry === undefined) return undefined;
    const { fields, sealed } = splitEntry(id, entry);
    const key = await this.#keyOf(envelope);
    const text = await unseal(key, boundToEntry(envelope.id, id, fields), sealed);
    if (text === undefined) throw damagedEntry(id);
    return new Secret(text);
  }

  /**
   * Gets the key now rather than at the first use. No vault needs none.
   *
   * @throws {AppError} as {@linkcode Vault.open} does
   */
  async unlock(): Promise<void> {
    const envelope = this.#read();
    if (envelope !== undefined) await this.#keyOf(envelope);
  }

  /**
   * Changes the vault, making it when there is none: gets the key, takes the lock, reads again, lets `edit`
   * work on what is there then, and replaces the file. Nothing is written when `edit` throws or changes nothing.
   *
   * @throws {AppError} as {@linkcode Vault.open} does
   */
  async change<T>(edit: (draft: Draft) => T): Promise<T> {
    const seen = this.#read();
    if (seen !== undefined) await this.#keyOf(seen);
    ensureFolder(this.#home.folder);
    return await withLock(this.#home.lock, async () => {
      this.#seen = undefined;
      const current = this.#read();
      const draft = new EnvelopeDraft(current?.entries ?? new Map());
      const result = edit(draft);
      if (!draft.changed) return result;
      const envelope = current ?? await this.#create();
      const key = await this.#keyOf(envelope);
      const entries = new Map(envelope.entries);
      for (const id of draft.removed) entries.delete(id);
      for (const [id, put] of draft.puts) {
        entries.set(id, await this.#sealEntry(key, envelope, id, put));
      }
      replaceDurably(this.#home.vault, formatEnvelope({ ...envelope, entries }));
      return result;
    });
  }

  async #sealEntry(key: CryptoKey, envelope: Envelope, id: string, put: Put): Promise<Json> {
    const now = new Date(this.#system.now()).toISOString();
    const fields = { ...put.fields, kind: put.kind, createdAt: put.createdAt ?? now, updatedAt: now };
    const bound = boundToEntry(envelope.id, id, fields);
    return { ...fields, ...await seal(key, bound, put.secret.reveal(), this.#system.random) };
  }

  /** What the file holds now; parsed once per change of the file. */
  #read(): Envelope | undefined {
    const stamp = this.stamp();
    if (this.#seen?.stamp === stamp) return this.#seen.envelope;
    const bytes = readGuarded(this.#home.vault);
    const envelope = bytes === undefined ? undefined : parseEnvelope(bytes, this.#home.vault);
    this.#seen = { stamp, envelope };
    return envelope;
  }

  async #create(): Promise<Envelope> {
    const id = uuid(this.#system.random(16));
    const { key: bytes, record } = await this.#keys.forNewVault().create(id);
    const key = await importKey(bytes);
    const check = await seal(key, boundToCheck(id, record), "", this.#system.random);
    this.#open = { record: recordText(id, record, check), key };
    return { id, key: record, check, entries: new Map() };
  }

  async #keyOf(envelope: Envelope): Promise<CryptoKey> {
    const record = recordText(envelope.id, envelope.key, envelope.check);
    if (this.#open?.record === record) return this.#open.key;
    const result = await this.#keys.forRecord(envelope.key).open(envelope.id, envelope.key);
    if (result.state !== "found") {
      throw new AppError("keystore_unavailable", result.reason, result.hint);
    }
    const key = await importKey(result.key);
    const fits = await unseal(key, boundToCheck(envelope.id, envelope.key), envelope.check);
    if (fits === undefined) throw this.#misfit(result.changed);
    this.#open = { record, key };
    return key;
  }

  #misfit(changed: readonly string[]): AppError {
    const path = this.#home.vault;
    if (changed.length === 0) return damaged(path, 'the part "key" was changed');
    return new AppError(
      "key_mismatch",
      `Cannot open ${path}: this key does not fit, ${changed.join(" and ")}`,
      "put back what changed; the vault itself is untouched",
    );
  }
}

function recordText(id: string, record: KeyRecord, check: Sealed): string {
  return canonical({ id, record, check: { ...check } });
}

/** A version 4 UUID (RFC 9562, section 5.4) of 16 random bytes. */
function uuid(bytes: Uint8Array): string {
  bytes[6] = bytes[6]! & 0x0f | 0x40;
  bytes[8] = bytes[8]! & 0x3f | 0x80;
  return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
