import { createHash } from "node:crypto";
import { Secret } from "../secret.ts";
import type { Contents, Entry } from "./contents.ts";
import { type ClearFields, damagedEntry, entryName } from "./envelope.ts";
import { quote } from "./guard.ts";
import type { Json } from "./keystore.ts";

/** The bytes of chance in a token. */
const TOKEN_BYTES = 32;

/** The client whose token `agentgazer env` prints unless told otherwise. */
export const DEFAULT_CLIENT = "default";

/** What a caller of the proxy may do. Stands in the clear, so that admission needs no keystore. */
export interface ClientRights {
  /** Provider ids; `null` allows all. */
  readonly allow: readonly string[] | null;
  /** ISO time; `null` never expires. */
  readonly expiresAt: string | null;
  /** Whether it may call paths that hand out further credentials. */
  readonly minting: boolean;
}

/** A caller of the proxy. */
export interface Client extends ClientRights {
  readonly name: string;
  readonly createdAt: string;
  /** SHA-256 of its token. */
  readonly digest: Uint8Array;
}

/** A new local token. It opens nothing but this machine's proxy. */
export function newToken(random: (length: number) => Uint8Array): Secret {
  return new Secret("agz_" + random(TOKEN_BYTES).toBase64({ alphabet: "base64url", omitPadding: true }));
}

/** SHA-256. A plain digest is enough for 256 bits of chance, and always has the same length. */
export function tokenDigest(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

/** The clear fields of the entry of a client with this token. */
export function clientFields(rights: ClientRights, token: Secret): ClearFields {
  const { allow, expiresAt, minting } = rights;
  return { digest: tokenDigest(token.reveal()).toHex(), allow, expiresAt, minting };
}

/**
 * Reads a client from its entry.
 *
 * @throws {AppError} `vault_damaged`
 */
export function parseClient({ kind, name, fields }: Entry): Client {
  const { createdAt, digest, allow, expiresAt, minting } = fields;
  const good = typeof digest === "string" && /^[0-9a-f]{64}$/.test(digest) &&
    (allow === null || isTexts(allow)) && typeof minting === "boolean" &&
    (expiresAt === null || typeof expiresAt === "string" && !Number.isNaN(Date.parse(expiresAt)));
  if (!good) throw damagedEntry(entryName(kind, name));
  return { name, createdAt, digest: Uint8Array.fromHex(digest), allow, expiresAt, minting };
}

/** All clients, in the order of their names; the damaged ones are left out and named apart. */
export function clientsIn(
  contents: Contents,
): { readonly good: readonly Client[]; readonly damaged: readonly string[] } {
  const { good, damaged } = contents.entries("client");
  const clients: Client[] = [];
  const bad = [...damaged];
  for (const entry of good) {
    try {
      clients.push(parseClient(entry));
    } catch {
      bad.push(entry.name);
    }
  }
  return { good: clients, damaged: bad };
}

/** How a client whose time is over is made anew, with the rights that it had. */
export function renewal({ name, allow, minting }: Client): string {
  const rights = [...allow === null ? [] : ["--allow", ...allow], ...minting ? ["--allow-minting"] : []];
  const word = quote(name);
  const add = ["agentgazer clients add", word, "--expires <time>", ...rights].join(" ");
  return `agentgazer clients remove ${word}, then: ${add}`;
}

/** Whether the client's time is over. @param now milliseconds since 1970 began */
export function isExpired(client: Client, now: number): boolean {
  return client.expiresAt !== null && Date.parse(client.expiresAt) <= now;
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
