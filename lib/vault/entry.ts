import { boundToEntry, damagedEntry, type EntryFields, splitEntry } from "./envelope.ts";
import type { Json } from "./keystore.ts";
import { seal, unseal } from "./seal.ts";

/** An entry with its secret part in the clear, for as long as it is worked on. */
export interface OpenEntry {
  readonly fields: EntryFields;
  readonly text: string;
}

/**
 * Opens an entry as it stands in the file.
 *
 * @throws {AppError} `vault_damaged` for this entry
 */
export async function openEntry(
  key: CryptoKey,
  vaultId: string,
  name: string,
  entry: Json,
): Promise<OpenEntry> {
  const { fields, sealed } = splitEntry(name, entry);
  const text = await unseal(key, boundToEntry(vaultId, name, fields), sealed);
  if (text === undefined) throw damagedEntry(name);
  return { fields, text };
}

/** Seals an entry as {@linkcode openEntry} opens it. */
export async function sealEntry(
  key: CryptoKey,
  vaultId: string,
  name: string,
  { fields, text }: OpenEntry,
  random: (length: number) => Uint8Array<ArrayBuffer>,
): Promise<Json> {
  return { ...fields, ...await seal(key, boundToEntry(vaultId, name, fields), text, random) };
}
