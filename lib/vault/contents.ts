import type { Secret } from "../secret.ts";
import { type ClearFields, type EntryFields, type EntryKind, entryName, splitEntry } from "./envelope.ts";
import type { Json } from "./keystore.ts";

/** An entry as anyone may see it, without the key. */
export interface Entry {
  readonly kind: EntryKind;
  readonly name: string;
  readonly fields: EntryFields;
}

/** The state of the vault at one moment. Reading it needs no keystore. */
export interface Contents {
  /** The entries of a kind, in the order of their names; damaged ones are left out and named apart. */
  entries(kind: EntryKind): { readonly good: readonly Entry[]; readonly damaged: readonly string[] };
  /** One entry. @throws {AppError} `vault_damaged` when it is there but damaged */
  entry(kind: EntryKind, name: string): Entry | undefined;
  /** Whether there is such an entry, damaged or not. */
  has(kind: EntryKind, name: string): boolean;
}

/** Changes to the vault that become true all at once. */
export interface Draft extends Contents {
  put(kind: EntryKind, name: string, secret: Secret, fields?: ClearFields): void;
  /** Whether there was such an entry. */
  remove(kind: EntryKind, name: string): boolean;
}

/** The kind of entry that a provider's credential is. */
export function kindFor(provider: { readonly auth: string }): "api-key" | "login" {
  return provider.auth === "api-key" ? "api-key" : "login";
}

/** The same, if it is stored. */
export function credentialKind(
  contents: Contents,
  provider: { readonly id: string; readonly auth: string },
): "api-key" | "login" | undefined {
  const kind = kindFor(provider);
  return contents.has(kind, provider.id) ? kind : undefined;
}

/** What stands in the clear of a provider's credential, if it is stored and not damaged. */
export function credentialEntry(
  contents: Contents,
  provider: { readonly id: string; readonly auth: string },
): EntryFields | undefined {
  return contents.entries(kindFor(provider)).good.find(({ name }) => name === provider.id)?.fields;
}

/** {@linkcode Contents} of the entries of an envelope. */
export class EnvelopeContents implements Contents {
  readonly #entries: ReadonlyMap<string, Json>;

  constructor(entries: ReadonlyMap<string, Json>) {
    this.#entries = entries;
  }

  entries(kind: EntryKind): { good: Entry[]; damaged: string[] } {
    const good: Entry[] = [];
    const bad: string[] = [];
    for (const id of [...this.#entries.keys()].sort()) {
      if (!id.startsWith(kind + ":")) continue;
      const name = id.slice(kind.length + 1);
      try {
        good.push(this.entry(kind, name)!);
      } catch {
        bad.push(name);
      }
    }
    return { good, damaged: bad };
  }

  entry(kind: EntryKind, name: string): Entry | undefined {
    const id = entryName(kind, name);
    const entry = this.#entries.get(id);
    return entry === undefined ? undefined : { kind, name, fields: splitEntry(id, entry).fields };
  }

  has(kind: EntryKind, name: string): boolean {
    return this.#entries.has(entryName(kind, name));
  }
}

/** An entry to be sealed and written. */
export interface Put {
  readonly kind: EntryKind;
  readonly secret: Secret;
  readonly fields: ClearFields;
  readonly createdAt: string | undefined;
}

/** Collects changes without touching the entries. */
export class EnvelopeDraft extends EnvelopeContents implements Draft {
  readonly puts = new Map<string, Put>();
  readonly removed = new Set<string>();

  get changed(): boolean {
    return this.puts.size + this.removed.size > 0;
  }

  put(kind: EntryKind, name: string, secret: Secret, fields: ClearFields = {}): void {
    const createdAt = this.#createdAt(kind, name);
    this.puts.set(entryName(kind, name), { kind, secret, fields, createdAt });
    this.removed.delete(entryName(kind, name));
  }

  remove(kind: EntryKind, name: string): boolean {
    const id = entryName(kind, name);
    const wasPut = this.puts.delete(id);
    if (this.has(kind, name)) this.removed.add(id);
    return wasPut || this.removed.has(id);
  }

  #createdAt(kind: EntryKind, name: string): string | undefined {
    try {
      return this.entry(kind, name)?.fields.createdAt;
    } catch {
      return undefined; // A damaged entry is replaced as a new one.
    }
  }
}
