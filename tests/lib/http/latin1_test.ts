import assert from "node:assert/strict";
import fc from "fast-check";
import { fromLatin1, writeLatin1 } from "../../../lib/http/latin1.ts";
import { forAll } from "../../support/property.ts";
import { bytesOf, latin1 } from "../../support/scripted_stream.ts";

/** Bytes that mean something else in UTF-8, or nothing. */
const BYTES: [what: string, bytes: number[]][] = [
  ["nothing", []],
  ["all of ASCII", Array.from({ length: 128 }, (_, i) => i)],
  ["all there are", Array.from({ length: 256 }, (_, i) => i)],
  ["a letter in UTF-8", [0xc3, 0xa9]],
  ["a letter in Latin-1", [0xe9]],
  ["a letter in Latin-1 between others", [0x61, 0xe9, 0x62]],
  ["a byte order mark", [0xef, 0xbb, 0xbf]],
  ["a byte order mark before a text", [0xef, 0xbb, 0xbf, 0x61]],
  ["half a byte order mark", [0xef, 0xbb]],
  ["a mark of UTF-16", [0xff, 0xfe, 0x61, 0x00]],
  ["a replacement character", [0xef, 0xbf, 0xbd]],
  ["four bytes of one character", [0xf0, 0x9f, 0x98, 0x80]],
  ["a surrogate", [0xed, 0xa0, 0x80]],
  ["NUL in two bytes", [0xc0, 0x80]],
  ["a slash in two bytes", [0xc0, 0xaf]],
  ["what continues nothing", [0x80, 0xbf]],
  ["NUL", [0x00]],
];

Deno.test("fromLatin1() gives one character for each byte", async (t) => {
  for (const [what, bytes] of BYTES) {
    await t.step(what, () => {
      const text = fromLatin1(Uint8Array.from(bytes));
      assert.deepEqual(Array.from(text, (char) => char.charCodeAt(0)), bytes);
    });
  }
});

Deno.test("writeLatin1() writes what fromLatin1() read", async (t) => {
  for (const [what, bytes] of BYTES) {
    for (const room of [0, 1, 300]) {
      await t.step(`${what}, and room for ${room} more`, () => {
        const target = new Uint8Array(bytes.length + room);
        assert.equal(writeLatin1(latin1(Uint8Array.from(bytes)), target), bytes.length);
        assert.deepEqual([...target.subarray(0, bytes.length)], bytes);
      });
    }
  }
});

const TOO_LONG: [text: string, room: number][] = [["a", 0], ["abc", 2], ["\xe9", 0], ["a\xe9", 1], [
  "\xe9".repeat(9),
  8,
]];

Deno.test("writeLatin1() throws when the text does not fit", async (t) => {
  for (const [text, room] of TOO_LONG) {
    await t.step(`${text.length} into ${room}`, () => {
      assert.throws(() => writeLatin1(text, new Uint8Array(room)), RangeError);
    });
  }
});

Deno.test("any bytes survive reading and writing", () => {
  forAll(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    const text = fromLatin1(bytes);
    assert.equal(text, latin1(bytes));
    const target = new Uint8Array(bytes.length);
    assert.equal(writeLatin1(text, target), bytes.length);
    assert.deepEqual(target, bytes);
    assert.deepEqual(bytesOf(text), bytes);
  });
});
