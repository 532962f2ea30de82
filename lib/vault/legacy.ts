import { createDecipheriv, scryptSync } from "node:crypto";
import { AppError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { ProbeResult, Trouble, Wish } from "./keystore.ts";

/** The services under which the AgentGazer product keeps API keys and the tokens of logins. */
export const LEGACY_SERVICES = { key: "com.agentgazer.provider", login: "com.agentgazer.oauth" } as const;

/** The salt of its first versions; later ones keep a random one in config.json, as `_machineKeySalt`. */
const FIXED_SALT = new TextEncoder().encode("agentgazer-machine-key-v1");

/** Its parameters of scrypt (RFC 7914). */
const SCRYPT = { N: 16_384, r: 8, p: 1 };

/** A keystore in which the product may have items. Only read. */
export interface LegacyItems {
  /** Whether and how the keystore is in trouble, as far as that can be known without asking the user. */
  examine(wish: Wish): Promise<Exclude<ProbeResult, { readonly state: "open" }> | undefined>;
  /** May ask the user to unlock. */
  read(
    service: string,
    account: string,
  ): Promise<{ readonly state: "found"; readonly value: string } | Trouble>;
}

/** What this machine can tell of the product's secrets. */
export interface LegacyStores {
  readonly items: readonly LegacyItems[];
  /** What its file is encrypted for: `machineId:userName`, as the product writes both. */
  identity(): Promise<string>;
}

/** One stored secret. */
export interface LegacySecret {
  readonly service: string;
  readonly account: string;
  readonly secret: Secret;
}

/**
 * Decrypts the product's `secrets.enc`.
 *
 * @param salt as hex, from its config.json
 * @param path for messages
 * @throws {AppError} `usage` when it is no such file, `key_mismatch` when it is another machine's or user's
 */
export function openLegacyFile(
  bytes: Uint8Array,
  identity: string,
  salt: string | undefined,
  path: string,
): LegacySecret[] {
  const envelope = envelopeIn(bytes);
  if (envelope === undefined) return refuse(path);
  const salts = [...salt === undefined ? [] : [Uint8Array.fromHex(salt)], FIXED_SALT];
  for (const one of salts) {
    const text = decrypt(envelope, scryptSync(identity, one, 32, SCRYPT));
    if (text !== undefined) return secretsIn(text) ?? refuse(path);
  }
  throw new AppError(
    "key_mismatch",
    `Cannot import ${path}: it was made on another machine or by another user, or is damaged`,
    "import it there, or store the keys anew: agentgazer providers set <id>",
  );
}

interface LegacyEnvelope {
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
  readonly ciphertext: Uint8Array;
}

function envelopeIn(bytes: Uint8Array): LegacyEnvelope | undefined {
  try {
    const { version, iv, tag, ciphertext } = JSON.parse(new TextDecoder().decode(bytes));
    const envelope = {
      iv: Uint8Array.fromHex(iv),
      tag: Uint8Array.fromHex(tag),
      ciphertext: Uint8Array.fromHex(ciphertext),
    };
    // A shorter tag would be accepted, and prove less.
    return version === 1 && envelope.iv.length === 12 && envelope.tag.length === 16 ? envelope : undefined;
  } catch {
    return undefined;
  }
}

function decrypt({ iv, tag, ciphertext }: LegacyEnvelope, key: Uint8Array): string | undefined {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, iv);
    decipher.setAuthTag(tag);
    return decipher.update(ciphertext, undefined, "utf8") + decipher.final("utf8");
  } catch {
    return undefined;
  }
}

/** The plaintext is `{service: {account: value}}`. */
function secretsIn(text: string): LegacySecret[] | undefined {
  const services = fieldsOf(parse(text));
  return services?.flatMap(([service, accounts]) =>
    (fieldsOf(accounts) ?? []).flatMap(([account, value]) =>
      typeof value === "string" ? [{ service, account, secret: new Secret(value) }] : []
    )
  );
}

function fieldsOf(value: unknown): [string, unknown][] | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? Object.entries(value) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The message of the error repeats the text.
  }
}

function refuse(path: string): never {
  throw new AppError("usage", `Cannot import ${path}: it is no secrets.enc of version 1`);
}
