import assert from "node:assert/strict";
import { type LegacySecret, openLegacyFile } from "../../../lib/vault/legacy.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { fails } from "../../support/failure.ts";
import { LEGACY_IDENTITY, legacyFile } from "../../support/legacy_file.ts";

const PLAINTEXT = JSON.stringify({
  "com.agentgazer.provider": { openai: "sk-1", "": "x" },
  other: { a: "b" },
});

const OPENED = [
  ["com.agentgazer.provider", "openai", "sk-1"],
  ["com.agentgazer.provider", "", "x"],
  ["other", "a", "b"],
];

const SALT = "00ff".repeat(16);

/** Made with another program (Python's cryptography and hashlib.scrypt), so that a mistake made twice is seen. */
const FOREIGN =
  '{"version":1,"iv":"000102030405060708090a0b","tag":"e28f094f6132ed24509d4af1658ef0f1","ciphertext":"e32a91b72bb781fb2f699ff0366188dee0adbb00d2f0a4067fc47ef50bc5e956e0368dfee3867d1a308d57f7465c91d14264508d07e1756001f498fc5cb60bec187534628982"}';

Deno.test("openLegacyFile() opens what the product wrote for this machine and user", async (t) => {
  const rows: [what: string, file: string, salt: string | undefined][] = [
    ["of the first versions", legacyFile(PLAINTEXT), undefined],
    ["of later versions", legacyFile(PLAINTEXT, { saltHex: SALT }), SALT],
    ["with the salt in capitals", legacyFile(PLAINTEXT, { saltHex: SALT }), SALT.toUpperCase()],
    ["of the first versions, beside a salt", legacyFile(PLAINTEXT), SALT],
    ["with a short salt", legacyFile(PLAINTEXT, { saltHex: "07" }), "07"],
    ["in capitals", legacyFile(PLAINTEXT).replaceAll(/"[0-9a-f]+"/g, (hex) => hex.toUpperCase()), undefined],
    [
      "on one line, with more members",
      JSON.stringify({ x: 1, ...JSON.parse(legacyFile(PLAINTEXT)) }),
      undefined,
    ],
    ["of another program", FOREIGN, undefined],
  ];
  for (const [what, file, salt] of rows) await t.step(what, () => assert.deepEqual(open(file, salt), OPENED));
});

const PLAINTEXTS: [text: string, opened: readonly (readonly string[])[]][] = [
  ["{}", []],
  ['{"s":{}}', []],
  ['{"s":{"a":""}}', [["s", "a", ""]]],
  ['{"s":{"a":5,"b":null,"c":["x"],"d":{"e":"x"},"f":"x"}}', [["s", "f", "x"]]],
  ['{"s":null,"t":{"a":"x"}}', [["t", "a", "x"]]],
  ['{"s":5,"t":true,"u":{"a":"x"}}', [["u", "a", "x"]]],
  ['{"__proto__":{"a":"x"},"constructor":{"__proto__":"y"}}', [
    ["__proto__", "a", "x"],
    ["constructor", "__proto__", "y"],
  ]],
];

Deno.test("openLegacyFile() passes over what is no text", async (t) => {
  for (const [text, opened] of PLAINTEXTS) {
    await t.step(text, () => assert.deepEqual(open(legacyFile(text)), opened));
  }
});

const NO_SECRETS = [
  "",
  "null",
  "[]",
  "5",
  "true",
  `"${CANARY}"`,
  `[{"s":{"a":"${CANARY}"}}]`,
  CANARY,
  `{"${CANARY}`,
];

Deno.test("openLegacyFile() refuses a content that is not services with accounts, and repeats none of it", async (t) => {
  for (const text of NO_SECRETS) {
    await t.step(JSON.stringify(text), async () => {
      const { message, hint } = await fails("usage", () => open(legacyFile(text)));
      assertNoCanary(message + hint, "the message");
    });
  }
});

Deno.test("openLegacyFile() does not open another machine's or user's file", async (t) => {
  const identities = ["machine:bob", "other:ada", "machine", ":ada", "", "machine:ada ", "MACHINE:ada"];
  for (const identity of identities) {
    await t.step(JSON.stringify(identity), async () => {
      const file = legacyFile(PLAINTEXT, { identity });
      const { message } = await fails("key_mismatch", () => open(file));
      assert.match(
        message,
        /^Cannot import \/x\/secrets\.enc: it was made on another machine or by another user/,
      );
    });
  }
  await t.step("nor one with another salt", async () => {
    const file = legacyFile(PLAINTEXT, { saltHex: SALT });
    await fails("key_mismatch", () => open(file));
    await fails("key_mismatch", () => open(file, "ff" + SALT.slice(2)));
  });
});

function open(file: string, salt?: string): string[][] {
  const bytes = new TextEncoder().encode(file);
  return openLegacyFile(bytes, LEGACY_IDENTITY, salt, "/x/secrets.enc").map(reveal);
}

function reveal({ service, account, secret }: LegacySecret): string[] {
  return [service, account, secret.reveal()];
}
