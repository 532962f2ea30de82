import fc from "fast-check";
import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { MAX_KEY_BYTES, parseKey } from "../../../lib/providers/key.ts";
import { providerById, PROVIDERS } from "../../../lib/providers/table.ts";
import { forAll } from "../../support/property.ts";

function refusalOf(id: string, text: string, force = false): AppError | undefined {
  try {
    parseKey(providerById(id)!, text, force);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

const NO_KEY: [what: string, text: string, reason: RegExp][] = [
  ["nothing", "", /is empty/],
  ["a line feed", "\n", /is empty/],
  ["a CRLF", "\r\n", /is empty/],
  ["two line feeds", "\n\n", /white space or more than one line/],
  ["two line feeds behind", "key-0123456789\n\n", /more than one line/],
  ["a CRLF and a line feed behind", "key-0123456789\r\n\n", /more than one line/],
  ["a carriage return behind", "key-0123456789\r", /white space/],
  ["a line feed before", "\nkey-0123456789", /more than one line/],
  ["two keys", "key-0123456789\nkey-9876543210\n", /more than one line/],
  ["a space before", " key-0123456789", /white space/],
  ["a space behind", "key-0123456789 ", /white space/],
  ["a space before the line end", "key-0123456789 \n", /white space/],
  ["a space inside", "key-01234 56789", /white space/],
  ["a tab", "key-01234\t56789", /white space/],
  ["a no-break space", "key-01234\u00a056789", /white space/],
  ["a byte order mark", "\ufeffkey-0123456789", /white space/],
  ["NUL", "key-0123456789\0", /control character/],
  ["BEL", "\x07key-0123456789", /control character/],
  ["an escape sequence", "\x1b[200~key-0123456789\x1b[201~", /control character/],
  ["DEL", "key-01234\x7f56789", /control character/],
  ["the C1 control NEL", "key-01234\x8556789", /outside ASCII/],
  ["a letter outside ASCII", "key-é0123456789", /outside ASCII/],
  ["a typographic hyphen", "sk\u2010proj\u20100123456789", /outside ASCII/],
  ["a zero-width space", "key-\u200b0123456789", /outside ASCII/],
  ["an ellipsis for what was left out", "sk-proj-…6789", /outside ASCII/],
  ["an emoji", "key-0123456789🔑", /outside ASCII/],
  ["8193 characters", "k".repeat(8193), /longer than 8192 bytes/],
  ["8193 characters and a line feed", "k".repeat(8193) + "\n", /longer than 8192 bytes/],
];

Deno.test("parseKey() refuses what can't be a key, also with --force", async (t) => {
  for (const [what, text, reason] of NO_KEY) {
    await t.step(what, () => {
      for (const force of [false, true]) {
        const refusal = refusalOf("mistral", text, force);
        assert.equal(refusal?.code, "usage");
        assert.match(refusal.message, reason);
        assert.match(refusal.message, /Mistral/);
        assert.ok(refusal.hint);
      }
    });
  }
});

Deno.test("parseKey() takes a key as it was pasted, without one line end", async (t) => {
  const rows: [text: string, key: string][] = [
    ["key-0123456789", "key-0123456789"],
    ["key-0123456789\n", "key-0123456789"],
    ["key-0123456789\r\n", "key-0123456789"],
    ["k", "k"],
    ["!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"],
    ["k".repeat(MAX_KEY_BYTES), "k".repeat(8192)],
    ["k".repeat(MAX_KEY_BYTES) + "\r\n", "k".repeat(8192)],
  ];
  for (const [text, key] of rows) {
    await t.step(JSON.stringify(text.slice(0, 40)), () => {
      assert.equal(parseKey(providerById("mistral")!, text, false).reveal(), key);
    });
  }
});

const DOUBTFUL: [id: string, key: string, message: RegExp, hint: RegExp][] = [
  ["anthropic", "sk-proj-0123456789", /looks like a key of OpenAI/, /providers set openai;.*--force/],
  ["anthropic", "sk-T3BlbkFJ0123456789", /looks like a key of OpenAI/, /providers set openai;/],
  ["openai", "sk-ant-api03-0123456789", /looks like a key of Anthropic/, /providers set anthropic;/],
  ["openai", "sk-ant-admin01-0123456789", /looks like a key of Anthropic/, /providers set anthropic;/],
  ["google", "sk-ant-api03-0123456789", /looks like a key of Anthropic/, /--force/],
  ["mistral", "AIza" + "x".repeat(35), /looks like a key of Google Gemini/, /providers set google;/],
  ["yi", "AQ.0123456789", /looks like a key of Google Gemini/, /providers set google;/],
  ["deepseek", "sk-cp-0123456789", /looks like a key of MiniMax/, /providers set minimax;/],
  ["openai", "sk-admin-0123456789", /admin key/, /--force/],
  ["anthropic", "sk-ant-admin01-0123456789", /admin key/, /--force/],
];

Deno.test("parseKey() refuses another provider's key and admin keys, unless forced", async (t) => {
  for (const [id, key, message, hint] of DOUBTFUL) {
    await t.step(`${id} ${key}`, () => {
      const refusal = refusalOf(id, key);
      assert.equal(refusal?.code, "refused");
      assert.match(refusal.message, message);
      assert.match(refusal.hint!, hint);
      assert.equal(parseKey(providerById(id)!, key + "\n", true).reveal(), key);
    });
  }
});

Deno.test("parseKey() takes a key of the provider's own shape, and one of no known shape", async (t) => {
  const rows: [id: string, key: string][] = [
    ["openai", "sk-proj-0123456789"],
    ["openai", "sk-svcacct-0123456789"],
    ["openai", "sk-0123456789"],
    ["anthropic", "sk-ant-api03-0123456789"],
    ["google", "AIza" + "x".repeat(35)],
    ["minimax", "sk-api-0123456789"],
    ["minimax", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"],
    ["deepseek", "sk-0123456789"],
    ["mistral", "AIza-too-short"],
  ];
  for (const [id, key] of rows) {
    await t.step(`${id} ${key}`, () => assert.equal(refusalOf(id, key), undefined));
  }
});

const PIECE = 8;

/** Something of which no message of ours could hold eight characters by chance. */
const body = fc.stringMatching(/^[0-9A-Z_]{12,60}$/);
const prefix = fc.constantFrom(
  "",
  "sk-proj-",
  "sk-admin-",
  "sk-ant-api03-",
  "sk-ant-admin01-",
  "sk-cp-",
  "AQ.",
  " ",
  "\n",
);
const spoiler = fc.constantFrom("", " ", "\n\n", "\0", "é", "\x7f", "k".repeat(8192), "\u200b");

Deno.test("parseKey() repeats no eight characters of the key in any error", () => {
  let refused = 0;
  forAll(
    fc.constantFrom(...PROVIDERS),
    prefix,
    body,
    spoiler,
    fc.nat(60),
    (row, start, middle, extra, at) => {
      const key = start + middle.slice(0, at) + extra + middle.slice(at);
      const refusal = refusalOf(row.id, key);
      if (refusal === undefined) return;
      refused++;
      const shown = `${refusal.message} ${refusal.hint} ${Deno.inspect(refusal)} ${JSON.stringify(refusal)}`;
      for (let i = 0; i + PIECE <= middle.length; i++) {
        assert.ok(!shown.includes(middle.slice(i, i + PIECE)), `${i}`);
      }
    },
  );
  assert.ok(refused > 100);
});
