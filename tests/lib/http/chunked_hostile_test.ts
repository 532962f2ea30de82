import assert from "node:assert/strict";
import { ChunkedDecoder } from "../../../lib/http/chunked.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { readBody, splits } from "../../support/http_body.ts";
import { bytesOf } from "../../support/scripted_stream.ts";

const END = "\r\nx\r\n0\r\n\r\n";

const MALFORMED: [what: string, coded: string][] = [
  ["no size", END],
  ["an extension and no size", `;a${END}`],
  ["a blank and no size", ` ${END}`],
  ["a blank before the size", ` 1${END}`],
  ["a tab before the size", `\t1${END}`],
  ["a blank behind the size", `1 ${END}`],
  ["a tab behind the size", `1\t${END}`],
  ["a blank in the size", `1 0${END}`],
  ["a size with a plus", `+1${END}`],
  ["a size with a minus", `-1${END}`],
  ["a size with 0x", `0x1${END}`],
  ["a size with h", `1h${END}`],
  ["a size with an underscore", `1_0${END}`],
  ["a size with a point", `1.0${END}`],
  ["a size with a comma", `1,1${END}`],
  ["a size with g", `g${END}`],
  ["a size with @", `@${END}`],
  ["a size with a grave accent", `\`${END}`],
  ["a size with NUL", `\x001${END}`],
  ["NUL behind the size", `1\x00${END}`],
  ["a size with the character before 0", `1/\r\n${"x".repeat(15)}\r\n0\r\n\r\n`],
  ["a size with the character behind 9", `1:\r\n${"x".repeat(26)}\r\n0\r\n\r\n`],
  ["a size in quotes", `"1"${END}`],
  ["a digit of another script", `\xb9${END}`],
  ["an empty extension", `1;${END}`],
  ["an extension without a name", `1;=a${END}`],
  ["an extension without a value", `1;a=${END}`],
  ["an extension of two words", `1;a b${END}`],
  ["a comma between extensions", `1;a,b${END}`],
  ["a colon in an extension", `1;a:b${END}`],
  ["a text that is not closed", `1;a="b${END}`],
  ["a text behind a text", `1;a="b"c${END}`],
  ["an escape at the end", `1;a="b\\${END}`],
  ["an extension with a control character", `1;a=\x01${END}`],
  ["a text with a control character", `1;a="\x01"${END}`],
  ["a text with NUL", `1;a="\x00"${END}`],
  ["a text with DEL", `1;a="\x7f"${END}`],
  ["a name of Latin-1", `1;\xe9${END}`],
  ["a line feed in a text", `1;a="\n"${END}`],
  ["a line feed in an extension", `1;a\n;b${END}`],
  ["a blank behind an extension", `1;a ${END}`],
  ["no CR behind the size", "1\nx\r\n0\r\n\r\n"],
  ["no LF behind the size", "1\rx\r\n0\r\n\r\n"],
  ["two CRs behind the size", "1\r\r\nx\r\n0\r\n\r\n"],
  ["CR in an extension", "1;a\rb\r\nx\r\n0\r\n\r\n"],
  ["no CR behind the data", "1\r\nx\n0\r\n\r\n"],
  ["a byte in the place of CR behind the data", "1\r\nxy\n0\r\n\r\n"],
  ["no LF behind the data", "1\r\nx\r0\r\n\r\n"],
  ["no line end behind the data", "1\r\nx0\r\n\r\n"],
  ["data that is longer than said", "1\r\nxy\r\n0\r\n\r\n"],
  ["data that is shorter than said", "3\r\nx\r\n0\r\n\r\n"],
  ["data that is shorter by one", "2\r\nx\r\n0\r\n\r\n"],
  ["a blank behind the data", "1\r\nx \r\n0\r\n\r\n"],
  ["an empty line between chunks", "1\r\nx\r\n\r\n0\r\n\r\n"],
  ["no CR behind the last chunk", "0\n\r\n"],
  ["no LF behind the last chunk", "0\r\r\n\r\n"],
  ["a blank behind the last chunk", "0 \r\n\r\n"],
  ["no CR in the empty line", "0\r\n\n\r\n"],
  ["a bare line feed behind a trailer", "0\r\nt: 1\n\r\n\r\n"],
  ["a bare CR in a trailer", "0\r\nt: 1\r2\r\n\r\n"],
  ["NUL in a trailer", "0\r\nt: \x00\r\n\r\n"],
  ["a trailer without a colon", "0\r\nt\r\n\r\n"],
  ["a trailer without a name", "0\r\n: 1\r\n\r\n"],
  ["a blank before the colon of a trailer", "0\r\nt : 1\r\n\r\n"],
  ["a folded trailer", "0\r\nt: 1\r\n 2\r\n\r\n"],
  ["a trailer that begins with a blank", "0\r\n t: 1\r\n\r\n"],
  ["two content-length trailers", "0\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n"],
  ["a request in the place of trailers", "0\r\nGET / HTTP/1.1\r\nhost: h\r\n\r\n"],
  ["a chunk in the place of trailers", "0\r\n1\r\nx\r\n0\r\n\r\n"],
];

Deno.test("a malformed chunked body is refused however it comes", async (t) => {
  for (const [what, coded] of MALFORMED) {
    await t.step(what, async () => {
      for (const pieces of splits(coded)) {
        assert.equal((await readBody("chunked", pieces)).end, "refused");
      }
    });
  }
});

Deno.test("a malformed chunk behind a good one is refused, and what came before it was its data", async (t) => {
  for (const [what, coded] of MALFORMED) {
    await t.step(what, () => {
      const decoder = new ChunkedDecoder();
      assert.equal(decoder.decode(bytesOf("3\r\nabc\r\n")).data, 3);
      assert.throws(() => decoder.decode(bytesOf(coded)), ProtocolError);
      assert.equal(decoder.done, false);
    });
  }
});
