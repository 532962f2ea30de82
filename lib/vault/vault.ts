import { AppError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { System } from "../system.ts";
import { type Contents, type Draft, EnvelopeContents, EnvelopeDraft, type Put } from "./contents.ts";
import { type OpenEntry, openEntry, sealEntry } from "./entry.ts";
import { type EntryKind, entryName, type Envelope } from "./envelope.ts";
import { ensureFolder } from "./file.ts";
import type { Home } from "./home.ts";
import { haveSameKey, type KeySource, VaultKey } from "./key.ts";
import {
  type BackendName,
  type ChosenStore,
  type Json,
  type KeyRecord,
  type KeyStore,
  keystoreError,
  type KeyStores,
  type Trouble,
} from "./keystore.ts";
import { uuid } from "./uuid.ts";
import { VaultFile } from "./vault_file.ts";

/** What a vault records of its key, and why it can't be had now, if it can't. */
export interface KeyState {
  readonly record: KeyRecord;
  readonly trouble: Trouble | undefined;
}

/** What became of a move: where the key was, and why the old one is still there, if it is. */
export interface Moved {
  readonly from: BackendName;
  readonly leftover: Trouble | undefined;
}

/** The encrypted credentials in `vault.json`, under a key that one of the backends guards. */
export class Vault {
  readonly #home: Home;
  readonly #file: VaultFile;
  readonly #keys: KeyStores;
  readonly #system: Pick<System, "now" | "random">;
  readonly #key: VaultKey;
  /** What {@linkcode Vault.prepare} found. */
  #chosen: ChosenStore | undefined;

  constructor(home: Home, keys: KeyStores, system: Pick<System, "now" | "random">) {
    this.#home = home;
    this.#file = new VaultFile(home);
    this.#keys = keys;
    this.#system = system;
    this.#key = new VaultKey(home.vault, system.random);
  }

  /** Changes whenever the file does. */
  stamp(): string {
    return this.#file.stamp();
  }

  /** Whether there is one. @throws {AppError} as {@linkcode Vault.read} does */
  exists(): boolean {
    return this.#file.read() !== undefined;
  }

  /**
   * Reads what is there now. No vault is an empty one.
   *
   * @throws {AppError} `vault_damaged`, `vault_unavailable`, `refused`
   */
  read(): Contents {
    return new EnvelopeContents(this.#file.read()?.entries ?? new Map());
  }

  /**
   * Opens one entry; `undefined` when there is none.
   *
   * @throws {AppError} `vault_damaged`, `key_mismatch`, `keystore_unavailable`, `vault_unavailable`
   */
  async open(kind: EntryKind, name: string): Promise<Secret | undefined> {
    const id = entryName(kind, name);
    if (this.#file.read()?.entries.has(id) !== true) return undefined;
    const opened = await this.#unlocked(this.#keys);
    const entry = opened?.envelope.entries.get(id);
    if (opened === undefined || entry === undefined) return undefined;
    return new Secret((await openEntry(opened.key, opened.envelope.id, id, entry)).text);
  }

  /**
   * Gets the key now rather than at the first use. No vault needs none.
   *
   * @param keys in place of those that this vault uses otherwise, such as ones that may ask the user
   * @throws {AppError} as {@linkcode Vault.open} does
   */
  async unlock(keys: KeyStores = this.#keys): Promise<void> {
    await this.#unlocked(keys);
  }

  /**
   * Makes sure, as far as that can be known, that a change can be written: gets the key, or finds a backend that
   * would keep the key of a new vault; either may ask the user. Then the folder and its lock are tried.
   *
   * @throws {AppError} as {@linkcode Vault.open} does
   */
  async prepare(): Promise<void> {
    if (this.exists()) await this.unlock();
    else this.#chosen = await this.#keys.forNewVault();
    ensureFolder(this.#home.folder);
    await this.#file.locked(this.#file.read(), () => Promise.resolve());
  }

  /**
   * Checks that the backend that the vault records may be used here and now, without asking it.
   *
   * @throws {AppError} `keystore_unavailable` when another one is forced, or the system does not have it
   */
  checkBackend(): void {
    const envelope = this.#file.read();
    if (envelope !== undefined) this.#keys.forRecord(envelope.key);
  }

  /**
   * What is known of the key, whatever backend is forced; `undefined` without a vault.
   *
   * @throws {AppError} `key_mismatch`, `vault_damaged`, `keystore_unavailable` for another system's backend
   */
  async keyState(): Promise<KeyState | undefined> {
    const envelope = this.#file.read();
    if (envelope === undefined) return undefined;
    const { id, key: record } = envelope;
    const result = await this.#keys.named(record.backend).open(id, record);
    // Moved away by another process meanwhile.
    if (!haveSameKey(this.#file.read(), envelope)) return await this.keyState();
    if (result.state !== "found") return { record, trouble: result };
    const source = { forRecord: () => ({ open: () => Promise.resolve(result) }) };
    await this.#key.of(envelope, source);
    result.key.fill(0);
    return { record, trouble: undefined };
  }

  /**
   * Changes the vault, making it when there is none: gets the key (which may ask the user), takes the lock,
   * reads again, lets `edit` work on what is there then, and replaces the file. Nothing is written when `edit`
   * throws or changes nothing. `edit` may be called more than once; the last call counts.
   *
   * @throws {AppError} as {@linkcode Vault.open} does
   */
  async change<T>(edit: (draft: Draft) => T): Promise<T> {
    for (;;) {
      const before = (await this.#unlocked(this.#keys))?.envelope;
      if (before === undefined) {
        // No keystore is asked for the sake of nothing.
        const draft = new EnvelopeDraft(new Map());
        const result = edit(draft);
        if (!draft.changed) return result;
      }
      ensureFolder(this.#home.folder);
      const chosen = before === undefined ? this.#chosen ?? await this.#keys.forNewVault() : undefined;
      const done = await this.#file.locked(before, async (current) => {
        const draft = new EnvelopeDraft(current?.entries ?? new Map());
        const result = edit(draft);
        if (!draft.changed) return { result };
        const write = (envelope: Envelope) => this.#write(envelope, draft);
        if (current !== undefined) await write(current);
        else await this.#writeNew(chosen!, write);
        return { result };
      });
      if (done !== undefined) return done.result;
    }
  }

  /**
   * Seals every entry under a new key that another backend keeps, in one rename: whenever it is broken off, the
   * vault opens with the old or the new one. The old key is removed last. `undefined` when it is there already.
   *
   * @throws {AppError} `not_found` without a vault, and as {@linkcode Vault.open} does
   */
  async move(to: BackendName): Promise<Moved | undefined> {
    for (;;) {
      const seen = this.#file.read();
      if (seen === undefined) {
        throw new AppError(
          "not_found",
          "There is no vault to move yet",
          `AGENTGAZER_SECRET_BACKEND=${to} agentgazer providers set <id>`,
        );
      }
      const from = seen.key.backend;
      if (from === to) return undefined;
      const target = this.#keys.named(to);
      const opened = await this.#unlocked({ forRecord: ({ backend }) => this.#keys.named(backend) });
      if (opened?.envelope.key.backend !== from) continue;
      const { envelope: before, key } = opened;
      const probe = await target.probe("explicit");
      if (probe.state !== "open") throw keystoreError(probe);
      const done = await this.#file.locked(before, async (current) => {
        const entriesNow = await openAll(key, current!);
        // Under a new id, since a copy of the folder may have its key under the old one.
        await this.#writeNew({ store: target, chosen: "moved" }, async (empty) => {
          const entries = await this.#sealAll(entriesNow, empty, target);
          this.#file.replace({ ...empty, entries });
        });
        return { from, leftover: await this.#removeKey(before) };
      });
      if (done !== undefined) return done;
    }
  }

  /**
   * The vault with its key; `undefined` without one. Another process may move the key away while it is asked for:
   * then what it wrote counts.
   */
  async #unlocked(
    keys: KeySource,
  ): Promise<{ readonly envelope: Envelope; readonly key: CryptoKey } | undefined> {
    for (;;) {
      const envelope = this.#file.read();
      if (envelope === undefined) return undefined;
      try {
        return { envelope, key: await this.#key.of(envelope, keys) };
      } catch (error) {
        if (haveSameKey(this.#file.read(), envelope)) throw error;
      }
    }
  }

  async #write(envelope: Envelope, draft: EnvelopeDraft): Promise<void> {
    const entries = new Map(envelope.entries);
    for (const id of draft.removed) entries.delete(id);
    for (const [id, put] of draft.puts) entries.set(id, await this.#sealPut(envelope, id, put));
    this.#file.replace({ ...envelope, entries });
  }

  /** Removes the key of a vault that has another one now, unless the vault in another folder needs it. */
  async #removeKey({ id, key }: Envelope): Promise<Trouble | undefined> {
    const { backend, folder = this.#home.folder } = key;
    if (folder === this.#home.folder) return await this.#keys.named(backend).remove(id);
    return {
      state: "unavailable",
      reason: "The vault was copied from another folder",
      hint: "it is left for the vault in the folder where this one was made",
    };
  }

  /** Seals opened entries under the key of a new envelope. */
  async #sealAll(
    opened: ReadonlyMap<string, OpenEntry>,
    empty: Envelope,
    target: KeyStore,
  ): Promise<Map<string, Json>> {
    // Got once more, so that nothing depends on what only this process remembers.
    const source = { open: () => target.open(empty.id, empty.key, true) };
    const key = await new VaultKey(this.#home.vault, this.#system.random).of(empty, {
      forRecord: () => source,
    });
    const entries = new Map<string, Json>();
    for (const [id, entry] of opened) {
      entries.set(id, await sealEntry(key, empty.id, id, entry, this.#system.random));
    }
    return entries;
  }

  /** Makes a key, and takes it back if the file could not be written with it. */
  async #writeNew(chosen: ChosenStore, write: (empty: Envelope) => Promise<void>): Promise<void> {
    const { envelope, undo } = await this.#key.make(uuid(this.#system.random(16)), this.#home.folder, chosen);
    try {
      await write(envelope);
    } catch (error) {
      if (!this.#file.mayHave(envelope)) await undo();
      throw error;
    }
  }

  async #sealPut(envelope: Envelope, id: string, put: Put): Promise<Json> {
    const now = new Date(this.#system.now()).toISOString();
    const fields = { ...put.fields, kind: put.kind, createdAt: put.createdAt ?? now, updatedAt: now };
    const key = await this.#key.of(envelope, this.#keys);
    return await sealEntry(key, envelope.id, id, { fields, text: put.secret.reveal() }, this.#system.random);
  }
}

async function openAll(key: CryptoKey, { id, entries }: Envelope): Promise<Map<string, OpenEntry>> {
  const opened = new Map<string, OpenEntry>();
  for (const [name, entry] of entries) opened.set(name, await openEntry(key, id, name, entry));
  return opened;
}
