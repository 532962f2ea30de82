import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { commandLine } from "../../backends/keychain.ts";
import { keychain } from "../support/keychain.ts";
import { bytesOf } from "../support/security/bytes.ts";
import { startSecurity } from "../support/security/fixture.ts";
import { splitLine } from "../support/security/split_line.ts";

/** Every byte that may stand in a word. */
const PRINTABLE = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i));

const EVERY = PRINTABLE.join("");

/** What is in the way of a parser that is no shell. */
const WORDS = [
  ...PRINTABLE,
  ...PRINTABLE.flatMap((one) => [`a${one}b`, one + one, `\\${one}`, `${one}\\`]),
  EVERY,
  EVERY.split("").reverse().join(""),
  "it's",
  `it'"'"'s`,
  '"; delete-generic-password -s app; "',
  "-A",
];

Deno.test("commandLine() makes words that come back as they were", () => {
  for (const word of WORDS) {
    const line = commandLine(["add-generic-password", word, "-w", word]);
    assert.match(line, /^[\x20-\x7e]+\n$/);
    assert.deepEqual(splitLine(line), ["add-generic-password", word, "-w", word], JSON.stringify(word));
  }
});

Deno.test("commandLine() makes any words that come back as they were", () => {
  const words = fc.array(fc.string({ unit: fc.constantFrom(...PRINTABLE), minLength: 1 }), { maxLength: 31 });
  fc.assert(fc.property(words, (words) => {
    if (words.join("").length > 1000) return;
    assert.deepEqual(splitLine(commandLine(["help", ...words])), ["help", ...words]);
  }));
});

Deno.test("commandLine() is read by the tool as it was meant", async () => {
  using security = startSecurity();
  const items = keychain(security);
  assert.equal(await items.write(EVERY, 'it\'s \\ "me"', EVERY), undefined);
  const [item] = security.items();
  assert.deepEqual(
    [item!.service, item!.account, Buffer.from(item!.secret).toString()],
    [EVERY, 'it\'s \\ "me"', EVERY],
  );
  assert.deepEqual(await items.read(EVERY, 'it\'s \\ "me"'), { state: "found", value: EVERY });
});

/** Nothing of these ever reaches the tool. */
const REFUSED: [what: string, word: string][] = [
  ["an empty word", ""],
  ["a line end", "a\n"],
  ["a line end before a command", "a\nhelp"],
  ["a line end and nothing else", "\n"],
  ["a carriage return", "a\rb"],
  ["a NUL", "a\0b"],
  ["a tab", "a\tb"],
  ["an escape", "\x1b[0m"],
  ["a delete", "a\x7f"],
  ["an accent", "café"],
  ["a byte above ASCII", "\x80"],
  ["a no-break space", "a\xa0b"],
  ["a line separator", "a\u2028b"],
  ["an emoji", "🔑"],
  ["a lone surrogate", "\ud800"],
];

Deno.test("commandLine() refuses what can't be quoted, and it is never sent", async (t) => {
  using security = startSecurity();
  const items = keychain(security);
  for (const [what, word] of REFUSED) {
    await t.step(what, async () => {
      for (const at of [0, 1, 2]) {
        const words = ["app", "me", "x"].with(at, word) as [string, string, string];
        await assert.rejects(items.write(...words), {
          message: /^A word for the Keychain must be printable ASCII$/,
        });
      }
      assert.throws(() => commandLine(["help", word]));
    });
  }
  assert.deepEqual(security.calls(), []);
});

/** Every other control character, and a sample of the rest. */
Deno.test("commandLine() takes printable ASCII only", () => {
  for (let code = 0; code < 0x300; code++) {
    const word = `a${String.fromCharCode(code)}`;
    if (code >= 0x20 && code < 0x7f) commandLine(["help", word]);
    else assert.throws(() => commandLine(["help", word]), `${code}`);
  }
});

/** The bytes of a line without its end, by the word that fills it up. */
const FILLERS: [what: string, filler: string, bytes: number, quotes: number][] = [
  ["plain", "x", 1, 0],
  ["quoted", " ", 1, 2],
  ["escaped", "\\", 2, 2],
];

Deno.test("commandLine() fills a line to 4094 bytes and refuses one more", async (t) => {
  for (const [what, filler, bytes, quotes] of FILLERS) {
    await t.step(what, () => {
      const count = Math.floor((4094 - "help ".length - quotes) / bytes);
      const line = commandLine(["help", filler.repeat(count)]);
      assert.ok(bytesOf(line).length - 1 > 4094 - bytes && bytesOf(line).length - 1 <= 4094);
      assert.throws(() => commandLine(["help", filler.repeat(count + 1)]), /too long/);
      assert.throws(() => commandLine(["help", filler.repeat(count), "x"]), /too long/);
    });
  }
});

Deno.test("keychainItems() stores what just fits, and never sends more", async () => {
  using security = startSecurity();
  const items = keychain(security);
  const length = 4094 -
    commandLine(["add-generic-password", "-U", "-a", "me", "-s", "app", "-w", "x"]).length + 2;
  const value = "x".repeat(length);
  assert.equal(await items.write("app", "me", value), undefined);
  assert.equal(security.calls()[0]!.stdin.length, 4095);
  assert.deepEqual(await items.read("app", "me"), { state: "found", value });
  for (const more of [1, 2, 3, 1000, 100_000]) {
    await assert.rejects(items.write("app", "me", value + "y".repeat(more)), /too long/);
  }
  assert.equal(security.calls().length, 3);
  assert.equal(security.items()[0]!.secret.length, length);
});
