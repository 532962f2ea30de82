import { clientFields } from "../../../lib/vault/client.ts";
import { sealEntry } from "../../../lib/vault/entry.ts";
import { boundToCheck, type EntryFields, formatEnvelope } from "../../../lib/vault/envelope.ts";
import type { Json } from "../../../lib/vault/keystore.ts";
import { importKey, seal } from "../../../lib/vault/seal.ts";
import { Secret } from "../../../lib/secret.ts";
import { countingRandom } from "../../../tests/support/fake_system.ts";

export const PATH = "/home/ada/.agentgazer/vault.json";

/** The vault's key. */
export const KEY = new Uint8Array(32).fill(7);

const ID = "01234567-89ab-4cde-8f01-23456789abcd";
const TIME = "2027-01-02T03:04:05.000Z";
const RIGHTS = { allow: ["openai"], expiresAt: null, minting: false };

/** What its entries hold. */
export const PLAIN: Readonly<Record<string, string>> = {
  "api-key:openai": "sk-proj-Q0wPz8Lm4Kd7Jv2Xc9Bn5",
  "api-key:mistral": "mi-T7rVb3Gh6Ny1Ks4Wf8Jd2",
  "api-key:__proto__": "sk-X2cVbN6mQwErTyUi",
  "login:openai-oauth": '{"accessToken":"eyJH3yTg6Fr1Sx8Ue5Io0Ap"}',
  "client:default": "agz_Zx8Cv5Bn2Ma9Sd6Fg3Hj",
};

/** A vault under the machine backend, the same every time. */
export async function makeVault(): Promise<string> {
  const random = countingRandom();
  const key = await importKey(KEY.slice());
  const record = {
    backend: "machine",
    salt: "c2FsdA==",
    bound: ["user"],
    chosen: "best",
    folder: "/home/ada",
  } as const;
  const check = await seal(key, boundToCheck(ID, record), "", random);
  const entries = new Map<string, Json>();
  for (const [name, text] of Object.entries(PLAIN)) {
    const kind = name.split(":")[0] as EntryFields["kind"];
    const more = kind === "client"
      ? clientFields(RIGHTS, new Secret(text))
      : kind === "login"
      ? { account: "ada@example.test" }
      : {};
    const fields = { kind, createdAt: TIME, updatedAt: TIME, ...more };
    entries.set(name, await sealEntry(key, ID, name, { fields, text }, random));
  }
  return new TextDecoder().decode(formatEnvelope({ id: ID, key: record, check, entries }));
}
