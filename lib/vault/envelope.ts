import { createHash } from "node:crypto";
import { AppError } from "../errors.ts";
import { quote } from "./guard.ts";
import { BACKENDS, type Json, type KeyRecord } from "./keystore.ts";
import { canonical, type Sealed } from "./seal.ts";

const FORMAT = "agentgazer-vault";

/** Far deeper than any vault is nested, and far from what recursion can take. */
const MAX_DEPTH = 32;

/** The version of the file format that this program writes, and the newest that it reads. */
const VERSION = 1;

/** What an entry is: an API key, the tokens of a login, or a client of the proxy. */
export type EntryKind = "api-key" | "login" | "client";

/** The clear part of an entry: the kind, ISO times and what its kind adds; all bound to the sealed part. */
export interface EntryFields {
  readonly kind: EntryKind;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly [field: string]: Json;
}

/** What may be stored in the clear with an entry; the two names are those of its sealed part. */
export interface ClearFields {
  readonly [field: string]: Json;
  readonly nonce?: never;
  readonly data?: never;
}

/** The parsed `vault.json`. Entries stay as they were read, so that a damaged one is not lost. */
export interface Envelope {
  readonly id: string;
  readonly key: KeyRecord;
  readonly check: Sealed;
  readonly entries: ReadonlyMap<string, Json>;
}

/** The name under which an entry stands in the file. */
export function entryName(kind: EntryKind, name: string): string {
  return `${kind}:${name}`;
}

/**
 * Parses `vault.json`. The names of the entries are checked against their digest, so that a damaged name
 * is not taken for a missing entry.
 *
 * @throws {AppError} `vault_damaged`
 */
export function parseEnvelope(bytes: Uint8Array, path: string): Envelope {
  const root = parseJson(bytes, path);
  if (!isObject(root) || root.format !== FORMAT) throw damaged(path, "not a vault");
  if (typeof root.version !== "number" || !Number.isInteger(root.version) || root.version < 1) {
    throw damaged(path, '"version" is not a number');
  }
  if (root.version > VERSION) {
    throw new AppError(
      "vault_damaged",
      `Cannot read ${path}: a newer agentgazer wrote it (format ${root.version})`,
      "install the newer version again; this one leaves the file as it is",
    );
  }
  const { id, key, names, entries } = root;
  if (typeof id !== "string" || !/^[0-9a-f-]{36}$/.test(id)) throw damaged(path, 'no "id"');
  if (!isObject(key) || !isSealed(key.check)) throw damaged(path, '"key" is incomplete');
  const { check, ...record } = key;
  if (!isKeyRecord(record)) throw damaged(path, '"key" names no known keystore');
  if (!isObject(entries)) throw damaged(path, 'no "entries"');
  const map = new Map(Object.entries(entries));
  if (names !== digestOf(map)) throw damaged(path, 'the entries do not match "names"');
  return { id, key: record, check, entries: map };
}

/** Writes an envelope as {@linkcode parseEnvelope} reads it. */
export function formatEnvelope(envelope: Envelope): Uint8Array {
  const root = {
    format: FORMAT,
    version: VERSION,
    id: envelope.id,
    key: { ...envelope.key, check: envelope.check },
    names: digestOf(envelope.entries),
    entries: Object.fromEntries(envelope.entries),
  };
  return new TextEncoder().encode(JSON.stringify(root, null, 2) + "\n");
}

/** What the key check value is bound to. */
export function boundToCheck(id: string, key: KeyRecord): Json {
  return { format: FORMAT, version: VERSION, vault: id, key };
}

/** What a sealed entry is bound to: it opens only in this vault, under this name, with these clear fields. */
export function boundToEntry(id: string, name: string, fields: EntryFields): Json {
  return { format: FORMAT, version: VERSION, vault: id, name, entry: fields };
}

/**
 * Splits an entry into its clear and its sealed part.
 *
 * @throws {AppError} `vault_damaged` for this entry
 */
export function splitEntry(name: string, entry: Json): { fields: EntryFields; sealed: Sealed } {
  if (isObject(entry) && isSealed(entry)) {
    const { nonce, data, ...fields } = entry;
    if (isEntryFields(fields) && name.startsWith(fields.kind + ":")) {
      return { fields, sealed: { nonce, data } };
    }
  }
  throw damagedEntry(name);
}

/** The error for an entry that can't be opened although the key of the vault fits. */
export function damagedEntry(name: string): AppError {
  const [kind, of] = name.split(":");
  // The file may hold anything, and the hint is there to be pasted into a shell.
  if (!/^[\w.:-]+$/.test(name)) {
    return new AppError("vault_damaged", "Cannot open an entry of the vault: its name is damaged");
  }
  const [what, remove] = {
    client: [`the client "${of}"`, "clients remove"],
    login: [`the stored login of ${of}`, "logout"],
  }[kind!] ?? [`the stored key of ${of}`, "providers remove"];
  return new AppError(
    "vault_damaged",
    `Cannot open ${what}: it is damaged`,
    `agentgazer ${remove} ${of}`,
  );
}

/** The error for a vault that can't be read at all. @param what is wrong with it, in a few words */
export function damaged(path: string, what: string): AppError {
  return new AppError(
    "vault_damaged",
    `Cannot read ${path}: it is damaged (${what})`,
    `restore it from a backup; or begin anew: mv ${quote(path)} ${quote(path + ".damaged")}`,
  );
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  let root: unknown;
  try {
    root = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw damaged(path, bytes.length === 0 ? "empty" : "not JSON");
  }
  if (isDeeper(root, MAX_DEPTH)) throw damaged(path, "nested too deep");
  return root;
}

/** Whether objects and lists lie in each other more often than that. */
function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1));
}

function digestOf(entries: ReadonlyMap<string, Json>): string {
  const names = canonical([...entries.keys()].sort());
  return createHash("sha256").update(names).digest("hex").slice(0, 16);
}

function isObject(value: unknown): value is { [field: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSealed(value: unknown): value is Sealed & { [field: string]: Json } {
  return isObject(value) && typeof value.nonce === "string" && typeof value.data === "string";
}

function isKeyRecord(value: { [field: string]: Json }): value is KeyRecord {
  return BACKENDS.some((backend) => backend === value.backend);
}

function isEntryFields(value: { [field: string]: Json }): value is EntryFields {
  const { kind, createdAt, updatedAt } = value;
  return (kind === "api-key" || kind === "login" || kind === "client") &&
    isTime(createdAt) && isTime(updatedAt);
}

/** Whether a value is an ISO time, written as this program writes it: the file may hold anything, and times are shown. */
export function isTime(value: unknown): value is string {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/.test(value) &&
    !Number.isNaN(Date.parse(value));
}
