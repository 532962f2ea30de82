import type { Json, KeyBytes } from "./keystore.ts";

/** The bytes of an AES-GCM nonce (NIST SP 800-38D, section 8.2: 96 bits). */
const NONCE_BYTES = 12;

/** A sealed text as it stands in the vault: both base64. */
export interface Sealed {
  readonly nonce: string;
  readonly data: string;
}

/** Imports a vault key so that no code can read it again, and overwrites the bytes. */
export async function importKey(bytes: KeyBytes): Promise<CryptoKey> {
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  bytes.fill(0);
  return key;
}

/**
 * Encrypts a text with AES-256-GCM under a fresh random nonce.
 *
 * @param bound is authenticated with it: the text opens only together with exactly the same value
 */
export async function seal(
  key: CryptoKey,
  bound: Json,
  text: string,
  random: (length: number) => Uint8Array<ArrayBuffer>,
): Promise<Sealed> {
  const nonce = random(NONCE_BYTES);
  const plain = new TextEncoder().encode(text);
  const data = await crypto.subtle.encrypt(parameters(nonce, bound), key, plain);
  plain.fill(0);
  return { nonce: nonce.toBase64(), data: new Uint8Array(data).toBase64() };
}

/** Decrypts what {@linkcode seal} made; `undefined` when the key or the bound value is another. */
export async function unseal(
  key: CryptoKey,
  bound: Json,
  sealed: Sealed,
): Promise<string | undefined> {
  try {
    const nonce = Uint8Array.fromBase64(sealed.nonce, { lastChunkHandling: "strict" });
    const data = Uint8Array.fromBase64(sealed.data, { lastChunkHandling: "strict" });
    if (nonce.length !== NONCE_BYTES) return undefined;
    const plain = new Uint8Array(
      await crypto.subtle.decrypt(parameters(nonce, bound), key, data),
    );
    const text = new TextDecoder("utf-8", { fatal: true }).decode(plain);
    plain.fill(0);
    return text;
  } catch {
    return undefined;
  }
}

/** Writes a value in the one way that has its object keys sorted. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`;
}

function parameters(nonce: Uint8Array<ArrayBuffer>, bound: Json): AesGcmParams {
  return { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(canonical(bound)) };
}
