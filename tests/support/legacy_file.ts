import { createCipheriv, scryptSync } from "node:crypto";

/** How a `secrets.enc` differs from one of the first versions, made on `machine` by `ada`. */
export interface LegacyFileOptions {
  /** `machineId:userName`. */
  readonly identity?: string;
  /** The random salt of later versions, as it stands in their config.json. */
  readonly saltHex?: string;
}

/** Who made the files of {@linkcode legacyFile}. */
export const LEGACY_IDENTITY = "machine:ada";

/** A `secrets.enc` as the AgentGazer product writes it, with this text sealed in it. */
export function legacyFile(
  text: string,
  { identity = LEGACY_IDENTITY, saltHex }: LegacyFileOptions = {},
): string {
  const salt = saltHex === undefined ? "agentgazer-machine-key-v1" : Uint8Array.fromHex(saltHex);
  const key = scryptSync(identity, salt, 32, { N: 16384, r: 8, p: 1 });
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const ciphertext = cipher.update(text, "utf8", "hex") + cipher.final("hex");
  const tag = cipher.getAuthTag().toString("hex");
  return JSON.stringify({ version: 1, iv: iv.toHex(), tag, ciphertext }, null, 2);
}
