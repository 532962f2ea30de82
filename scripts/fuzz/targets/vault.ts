import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { clientsIn } from "../../../lib/vault/client.ts";
import { EnvelopeContents } from "../../../lib/vault/contents.ts";
import { openEntry } from "../../../lib/vault/entry.ts";
import { formatEnvelope, parseEnvelope, splitEntry } from "../../../lib/vault/envelope.ts";
import { VaultKey } from "../../../lib/vault/key.ts";
import { canonical } from "../../../lib/vault/seal.ts";
import { countingRandom } from "../../../tests/support/fake_system.ts";
import { bytesIn } from "../bytes.ts";
import { checkMessage } from "../message.ts";
import type { Target } from "../target.ts";
import { rearranged } from "./vault_edits.ts";
import { KEY, makeVault, PATH, PLAIN } from "./vault_sample.ts";

/** What an entry opened to: its clear fields and its text. */
export type Opened = readonly [name: string, fields: string, text: string];

/** Reads a vault file, and opens what it can; throws for one that does not open at all. */
export type OpenVault = (bytes: Uint8Array) => Promise<readonly (Opened | AppError)[]>;

const SAMPLE = await makeVault();

/** Every entry as it was stored. */
const STORED = new Set((await openVault(new TextEncoder().encode(SAMPLE))).map((one) => JSON.stringify(one)));

const CODES = ["vault_damaged", "key_mismatch", "keystore_unavailable"];

/** `vault.json`, whose key is known. */
export const vault: Target<OpenVault> = {
  name: "vault",
  words: [
    ...SAMPLE.match(/"[^"]+"/g)!,
    ...SAMPLE.match(/[A-Za-z0-9+/]{12,}={0,2}/g)!,
    '"__proto__"',
    "libsecret",
  ],
  subject: openVault,
  generate: (chance) => [rearranged(SAMPLE, chance)],
  async check([text = ""], open) {
    let all: readonly (Opened | AppError)[];
    try {
      all = await open(bytesIn(text));
    } catch (error) {
      return checkError(error);
    }
    const errors = new Set<string>();
    for (const one of all) {
      if (one instanceof AppError) errors.add(checkError(one));
      else assert.ok(STORED.has(JSON.stringify(one)), "an entry opens to what was never stored");
    }
    return `${all.filter((one) => Array.isArray(one)).length} of ${all.length} entries: ${
      [...errors].sort()
    }`;
  },
};

function checkError(error: unknown): string {
  if (!(error instanceof AppError)) throw error;
  assert.ok(CODES.includes(error.code), `it ends with ${error.code}`);
  checkMessage(error, Object.values(PLAIN));
  return error.message.replace(/"[^"]*" of the vault/, "");
}

async function openVault(bytes: Uint8Array): Promise<(Opened | AppError)[]> {
  const envelope = parseEnvelope(bytes, PATH);
  const again = parseEnvelope(formatEnvelope(envelope), PATH);
  assert.equal(
    canonical([...again.entries]),
    canonical([...envelope.entries]),
    "it is written as another one",
  );
  const contents = new EnvelopeContents(envelope.entries);
  for (const kind of ["api-key", "login", "client"] as const) contents.entries(kind);
  clientsIn(contents);
  const source = {
    forRecord: () => ({
      open: () => Promise.resolve({ state: "found", key: KEY.slice(), changed: [] } as const),
    }),
  };
  const key = await new VaultKey(PATH, countingRandom()).of(envelope, source);
  const all: (Opened | AppError)[] = [];
  for (const [name, entry] of envelope.entries) {
    try {
      const { text, fields } = await openEntry(key, envelope.id, name, entry);
      assert.equal(canonical(splitEntry(name, entry).fields), canonical(fields));
      all.push([name, canonical(fields), text]);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      all.push(error);
    }
  }
  return all;
}
