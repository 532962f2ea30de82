import assert from "node:assert/strict";
import { headEnd, MAX_HEAD } from "../../../lib/http/head.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { Reader } from "../../../lib/http/reader.ts";
import { restOf, splits } from "../../support/http_body.ts";
import { bytesOf, ScriptedStream } from "../../support/scripted_stream.ts";

const FOUND: [text: string, end: number][] = [
  ["", -1],
  ["a", -1],
  ["a\r", -1],
  ["a\r\n", -1],
  ["a\r\n\r", -1],
  ["a\r\n\r\n", 5],
  ["a\r\nb\r\n\r\n", 8],
  ["a\r\n\r\nb\r\n\r\n", 5],
  ["a\r\n\r\n\r\n", 5],
  ["\r\n", -1],
  ["\r\n\r\n", 4],
  // A bare CR is found when the line is read.
  ["a\r\r\n", -1],
  ["a\r\n\r\r\n", -1],
  ["a\r\n\rb\r\n", -1],
  // What stands behind the head is not looked at.
  ["a\r\n\r\nb\nc\n", 5],
  ["a\r\n\r\n\n", 5],
  ["\x00\xff\r\n\r\n", 6],
];

Deno.test("headEnd() finds the end, wherever it was looked before", async (t) => {
  for (const [text, end] of FOUND) {
    await t.step(JSON.stringify(text), () => {
      const bytes = bytesOf(text);
      for (let seen = 0; seen <= (end < 0 ? bytes.length : end - 1); seen++) {
        assert.equal(headEnd(bytes, seen), end);
      }
    });
  }
});

const BARE = [
  "\n",
  "a\n",
  "a\n\n",
  "a\n\r\n",
  "a\r\n\n",
  "a\r\nb\n\r\n\r\n",
  "a\r\n\r\r\nb\nc",
  "a\rb\n",
  "\r\n\n",
];

Deno.test("headEnd() refuses a line feed without CR as soon as it is there", async (t) => {
  for (const text of BARE) {
    await t.step(JSON.stringify(text), async () => {
      const until = text.search(/(?<!\r)\n/) + 1;
      assert.throws(() => headEnd(bytesOf(text.slice(0, until)), 0), { status: 400 });
      for (const pieces of splits(text)) {
        await assert.rejects(new Reader(new ScriptedStream(pieces, "wait")).head(), ProtocolError);
      }
    });
  }
});

function headOf(length: number): string {
  return `a: ${"x".repeat(length - 7)}\r\n\r\n`;
}

const LIMITS: [what: string, text: string, length: number | undefined][] = [
  ["the longest", headOf(MAX_HEAD), MAX_HEAD],
  ["the longest, and a body", `${headOf(MAX_HEAD)}body`, MAX_HEAD],
  ["the longest, and a body of many lines", headOf(MAX_HEAD) + "\n".repeat(9), MAX_HEAD],
  ["one shorter by one", headOf(MAX_HEAD - 1), MAX_HEAD - 1],
  ["one longer by one", headOf(MAX_HEAD + 1), undefined],
  ["one longer by two", headOf(MAX_HEAD + 2), undefined],
  ["one longer by four", headOf(MAX_HEAD + 4), undefined],
  ["one much longer", headOf(300_000), undefined],
  ["one without any line", "x".repeat(MAX_HEAD), undefined],
  ["one of blanks", " ".repeat(MAX_HEAD), undefined],
  ["one without its empty line", `${"a: b\r\n".repeat(20_000)}`, undefined],
  ["one that ends in half of its end", headOf(MAX_HEAD + 1).slice(0, -1), undefined],
];

Deno.test("a head is read up to so many bytes, however it comes", async (t) => {
  for (const [what, text, length] of LIMITS) {
    for (const size of [400_000, 65_536, 4096, 1000, 999]) {
      await t.step(`${what}, in pieces of ${size}`, async () => {
        const pieces = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
        const reader = new Reader(new ScriptedStream(pieces));
        if (length === undefined) return await assert.rejects(reader.head(), { status: 431 });
        assert.equal(await reader.head(), text.slice(0, length));
        assert.equal(await restOf(reader), text.slice(length));
      });
    }
  }
});

Deno.test("a head that never ends is refused, and not read on", async () => {
  const stream = new ScriptedStream(["x".repeat(MAX_HEAD)], "wait");
  await assert.rejects(new Reader(stream).head(), { status: 431 });
});
