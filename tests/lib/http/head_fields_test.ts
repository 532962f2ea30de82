import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_FIELDS, parseFields } from "../../../lib/http/head.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { forAll } from "../../support/property.ts";

const READ: [lines: string, pairs: [name: string, value: string][]][] = [
  ["", []],
  ["a: b\r\n", [["a", "b"]]],
  ["a:b\r\n", [["a", "b"]]],
  ["a:\r\n", [["a", ""]]],
  ["a: \r\n", [["a", ""]]],
  ["a: \t \t\r\n", [["a", ""]]],
  ["a:\t b \t\r\n", [["a", "b"]]],
  ["a: b\tc d\r\n", [["a", "b\tc d"]]],
  ["a: b: c\r\n", [["a", "b: c"]]],
  ["a::\r\n", [["a", ":"]]],
  ["A-B: C\r\n", [["a-b", "C"]]],
  ["!#$%&'*+-.^_`|~09AZaz: 1\r\n", [["!#$%&'*+-.^_`|~09azaz", "1"]]],
  ["a: 1\r\nA: 2\r\na: 1\r\n", [["a", "1"], ["a", "2"], ["a", "1"]]],
  ["b: 1\r\na: 2\r\n", [["b", "1"], ["a", "2"]]],
  ["a: \x80\xe9\xff\r\n", [["a", "\x80\xe9\xff"]]],
  // No white space here, but it is to `trim`.
  ["a: \xa0b\xa0\r\n", [["a", "\xa0b\xa0"]]],
  ["a: \xef\xbb\xbfb\r\n", [["a", "\xef\xbb\xbfb"]]],
  ['a: "b\r\n', [["a", '"b']]],
  ["a: \\\r\n", [["a", "\\"]]],
  ["__proto__: 1\r\nconstructor: 2\r\n", [["__proto__", "1"], ["constructor", "2"]]],
  [`a:${" ".repeat(61_440)}\r\n`, [["a", ""]]],
  [`a:${" ".repeat(30_720)}b${"\t".repeat(30_720)}\r\n`, [["a", "b"]]],
  [`a: b${" ".repeat(61_440)}c\r\n`, [["a", `b${" ".repeat(61_440)}c`]]],
  [`a: ${",".repeat(61_440)}\r\n`, [["a", ",".repeat(61_440)]]],
];

Deno.test("parseFields() reads", async (t) => {
  for (const [lines, pairs] of READ) {
    await t.step(JSON.stringify(lines.slice(0, 60)), () => {
      assert.deepEqual([...parseFields(`${lines}\r\n`, 0)], pairs);
      assert.deepEqual([...parseFields(`zz: 1\r\n${lines}\r\n`, 7)], pairs);
    });
  }
});

const REFUSED: string[] = [
  "a\r\n",
  "a b\r\n",
  ":\r\n",
  ": b\r\n",
  " : b\r\n",
  "a : b\r\n",
  "a\t: b\r\n",
  "a\xa0: b\r\n",
  " a: b\r\n",
  "\ta: b\r\n",
  "a: b\r\n c\r\n",
  "a: b\r\n\tc\r\n",
  "a: b\r\n \r\n",
  "a:\r\n b\r\n",
  "a: b\r\n\r\nc: d\r\n",
  "\r\na: b\r\n",
  "a: b\nc: d\r\n",
  "a: b\n",
  "a: b\r",
  "a: b\rc: d\r\n",
  "a: b\r\r\n",
  "a\r: b\r\n",
  "a\n: b\r\n",
  "a:\rb\r\n",
  "a: b",
  "a(: b\r\n",
  "a): b\r\n",
  "a,: b\r\n",
  "a/: b\r\n",
  "a;: b\r\n",
  "a<: b\r\n",
  "a=: b\r\n",
  "a?: b\r\n",
  "a@: b\r\n",
  "a[: b\r\n",
  "a\\: b\r\n",
  "a{: b\r\n",
  'a": b\r\n',
  "a\x00: b\r\n",
  "a\x7f: b\r\n",
  "a\xe9: b\r\n",
  "\xef\xbb\xbfa: b\r\n",
  "a\u0130: b\r\n",
  "a\u212a: b\r\n",
  "a: \x00\r\n",
  "a: \x01\r\n",
  "a: \x08\r\n",
  "a: \x0b\r\n",
  "a: \x0c\r\n",
  "a: \x1f\r\n",
  "a: \x7f\r\n",
  "a: \u0100\r\n",
  "host: a\r\nhost: b\r\n",
  "host: a\r\nhost: a\r\n",
  "host: a\r\nb: c\r\nHOST: a\r\n",
  "host:\r\nhost:\r\n",
  "content-length: 1\r\ncontent-length: 2\r\n",
  "content-length: 1\r\ncontent-length: 1\r\n",
  "Content-Length: 1\r\ncontent-length: 1\r\n",
  "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
  "transfer-encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
  `${" ".repeat(61_440)}a: b\r\n`,
  `a${" ".repeat(61_440)}: b\r\n`,
  `a:${" ".repeat(61_440)}\x01\r\n`,
  `${"a".repeat(61_440)}\r\n`,
  `a: ${",".repeat(61_440)}\n\r\n`,
];

Deno.test("parseFields() refuses", async (t) => {
  for (const lines of REFUSED) {
    await t.step(JSON.stringify(lines.slice(0, 60)), () => {
      for (const text of [`${lines}\r\n`, `x: y\r\n${lines}\r\n`]) {
        assert.throws(() => parseFields(text, 0), { status: 400 });
      }
    });
  }
});

Deno.test("parseFields() takes so many fields and no more", () => {
  const most = "a: b\r\n".repeat(MAX_FIELDS);
  assert.equal([...parseFields(`${most}\r\n`, 0)].length, MAX_FIELDS);
  assert.throws(() => parseFields(`${most}c: d\r\n\r\n`, 0), (error) => {
    return error instanceof ProtocolError && error.status === 431;
  });
});

Deno.test("parseFields() does not remember the text before", () => {
  assert.throws(() => parseFields("a: b\r\nc\r\n\r\n", 0));
  assert.deepEqual([...parseFields("d: e\r\n\r\n", 0)], [["d", "e"]]);
});

Deno.test("parseFields() never repeats in an error what it read", () => {
  for (const lines of REFUSED) {
    const read = () => parseFields(`x: secret\r\n${lines}\r\n`, 0);
    assert.throws(read, (error: Error) => !/secret|\xe9/.test(error.message));
  }
});

Deno.test("parseFields() reads back every value of visible characters, blanks and Latin-1", () => {
  const value = fc.string({ unit: fc.constantFrom(...' \t,:;"\\aZ0~\x80\xa0\xff') });
  forAll(fc.array(value, { maxLength: 20 }), (values) => {
    const lines = values.map((value, i) => `N${i}:${value}\r\n`).join("");
    const pairs = values.map((value, i) => [`n${i}`, value.replace(/^[ \t]+|[ \t]+$/g, "")]);
    assert.deepEqual([...parseFields(`${lines}\r\n`, 0)], pairs);
  });
});
