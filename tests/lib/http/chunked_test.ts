import assert from "node:assert/strict";
import { ChunkedDecoder } from "../../../lib/http/chunked.ts";
import { MAX_FIELDS, MAX_HEAD } from "../../../lib/http/head.ts";
import { readBody, splits } from "../../support/http_body.ts";
import { bytesOf, latin1 } from "../../support/scripted_stream.ts";

const WHOLE: [what: string, coded: string, data: string, rest: string][] = [
  ["nothing", "0\r\n\r\n", "", ""],
  ["one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello", ""],
  ["two chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world", ""],
  ["chunks of one byte", "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", "abc", ""],
  ["a size of two digits", `10\r\n${"x".repeat(16)}\r\n0\r\n\r\n`, "x".repeat(16), ""],
  ["a size in small letters", "a\r\n0123456789\r\n0\r\n\r\n", "0123456789", ""],
  ["a size in capitals", "F\r\n0123456789abcde\r\n0\r\n\r\n", "0123456789abcde", ""],
  ["a padded size", "0000000000005\r\nhello\r\n0\r\n\r\n", "hello", ""],
  ["a padded last chunk", "0000000000000\r\n\r\n", "", ""],
  ["line ends in the data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n", ""],
  ["a last chunk in the data", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n", ""],
  ["every kind of byte", "4\r\n\x00\x7f\x80\xff\r\n0\r\n\r\n", "\x00\x7f\x80\xff", ""],
  ["an extension", "1;a\r\nx\r\n0\r\n\r\n", "x", ""],
  ["an extension with a value", "1;a=b\r\nx\r\n0;c=d\r\n\r\n", "x", ""],
  ["an extension with a text", '1;a="b; c\\" d"\r\nx\r\n0\r\n\r\n', "x", ""],
  ["an extension with an empty text", '1;a=""\r\nx\r\n0\r\n\r\n', "x", ""],
  ["a text of Latin-1", '1;a="\xe9\\\xff"\r\nx\r\n0\r\n\r\n', "x", ""],
  ["many extensions", "1;a;b=c;d\r\nx\r\n0\r\n\r\n", "x", ""],
  ["blanks around an extension", '1 ;\ta =\t"b"\r\nx\r\n0\r\n\r\n', "x", ""],
  ["a trailer", "1\r\nx\r\n0\r\nt: 1\r\n\r\n", "x", ""],
  ["two trailers", "0\r\nt: 1\r\nu:\r\n\r\n", "", ""],
  ["a trailer that says something else", "1\r\nx\r\n0\r\ncontent-length: 9\r\n\r\n", "x", ""],
  ["the next message", "1\r\nx\r\n0\r\n\r\nGET /", "x", "GET /"],
  ["the next message behind a trailer", "0\r\nt: 1\r\n\r\nGET /", "", "GET /"],
  ["an empty line behind it", "0\r\n\r\n\r\n", "", "\r\n"],
  ["a chunk behind the last", "0\r\n\r\n1\r\na\r\n0\r\n\r\n", "", "1\r\na\r\n0\r\n\r\n"],
];

Deno.test("a chunked body is the same however it comes", async (t) => {
  for (const [what, coded, data, rest] of WHOLE) {
    await t.step(what, async () => {
      for (const pieces of splits(coded)) {
        assert.deepEqual(await readBody("chunked", pieces), { end: "whole", data, rest });
      }
    });
  }
});

Deno.test("a chunked body that ends anywhere before its end is cut, not whole", async (t) => {
  for (const [what, coded, data, rest] of WHOLE) {
    await t.step(what, async () => {
      const length = coded.length - rest.length;
      for (let end = 0; end < length; end++) {
        const outcome = await readBody("chunked", [coded.slice(0, end)]);
        assert.equal(outcome.end, "cut", `after ${end} bytes`);
        assert.ok(data.startsWith(outcome.data));
      }
    });
  }
});

Deno.test("ChunkedDecoder says what it used, and moves the data to the beginning", () => {
  const bytes = bytesOf("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\nGET");
  const decoder = new ChunkedDecoder();
  assert.deepEqual(decoder.decode(bytes), { data: 4, used: bytes.length - 3 });
  assert.equal(latin1(bytes.subarray(0, 4)), "abcd");
  assert.equal(latin1(bytes.subarray(-3)), "GET");
  assert.ok(decoder.done);
  assert.deepEqual(decoder.decode(bytes), { data: 0, used: 0 });
});

/** Lengths at their limits. The trailers' is counted with the empty line behind them. */
const LIMITS: [what: string, coded: string, end: "whole" | "refused" | "cut"][] = [
  ["13 digits", "fffffffffffff\r\nx", "cut"],
  ["14 digits", "10000000000000\r\nx", "refused"],
  ["14 digits, most of them 0", "00000000000001\r\nx\r\n0\r\n\r\n", "refused"],
  ["60,000 digits", "0".repeat(60_000), "refused"],
  ["extensions of 1024 bytes", `1;${"a".repeat(1023)}\r\nx\r\n0\r\n\r\n`, "whole"],
  ["extensions of 1025 bytes", `1;${"a".repeat(1024)}\r\nx\r\n0\r\n\r\n`, "refused"],
  ["extensions of 1000 bytes, twice", `1;${"a".repeat(999)}\r\nx\r\n`.repeat(2) + "0\r\n\r\n", "whole"],
  ["extensions that never end", `1;${"a".repeat(2000)}`, "refused"],
  ["extensions of 1024 blanks", `1${" ".repeat(1024)}\r\nx\r\n0\r\n\r\n`, "refused"],
  ["extensions of 1024 semicolons", `1${";".repeat(1024)}\r\nx\r\n0\r\n\r\n`, "refused"],
  ["extensions of a quote and 1000 backslashes", `1;a="${"\\".repeat(1000)}\r\nx\r\n0\r\n\r\n`, "refused"],
  ["the most trailers", `0\r\n${"t: 1\r\n".repeat(MAX_FIELDS)}\r\n`, "whole"],
  ["one trailer more", `0\r\n${"t: 1\r\n".repeat(MAX_FIELDS + 1)}\r\n`, "refused"],
  ["the longest trailer", `0\r\nt:${"x".repeat(MAX_HEAD - 6)}\r\n\r\n`, "whole"],
  ["a trailer that is longer by one", `0\r\nt:${"x".repeat(MAX_HEAD - 5)}\r\n\r\n`, "refused"],
  ["trailers that never end", `0\r\n${"t: 1\r\n".repeat(20_000)}`, "refused"],
  ["60 KiB of blanks in a trailer", `0\r\nt:${" ".repeat(61_440)}\r\n\r\n`, "whole"],
  ["60 KiB of commas in a trailer", `0\r\nt:${",".repeat(61_440)}\x01\r\n\r\n`, "refused"],
];

Deno.test("a chunked body keeps within its limits", async (t) => {
  for (const [what, coded, end] of LIMITS) {
    await t.step(what, async () => {
      assert.equal((await readBody("chunked", [coded])).end, end);
      const pieces = coded.match(/[^]{1,1000}/g) ?? [];
      assert.equal((await readBody("chunked", pieces)).end, end);
    });
  }
});
