import assert from "node:assert/strict";
import { parseResponseHead } from "../../../lib/http/head.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";

const READ: [line: string, status: number, reason: string, minor: number][] = [
  ["HTTP/1.1 200 OK", 200, "OK", 1],
  ["HTTP/1.0 200 OK", 200, "OK", 0],
  ["HTTP/1.1 200 ", 200, "", 1],
  // Many servers leave the space out when they have no words.
  ["HTTP/1.1 200", 200, "", 1],
  ["HTTP/1.1 100 Continue", 100, "Continue", 1],
  ["HTTP/1.1 404 Not Found", 404, "Not Found", 1],
  ["HTTP/1.1 999 Beyond", 999, "Beyond", 1],
  ["HTTP/1.1 200  OK ", 200, " OK ", 1],
  ["HTTP/1.1 200 \tOK\t", 200, "\tOK\t", 1],
  ["HTTP/1.1 200 200", 200, "200", 1],
  ["HTTP/1.1 200 HTTP/1.1 404", 200, "HTTP/1.1 404", 1],
  ["HTTP/1.1 200 D\xe9j\xe0 \x80\xff", 200, "D\xe9j\xe0 \x80\xff", 1],
  [`HTTP/1.1 200 ${" ".repeat(61_440)}`, 200, " ".repeat(61_440), 1],
];

Deno.test("parseResponseHead() reads", async (t) => {
  for (const [line, status, reason, minor] of READ) {
    await t.step(JSON.stringify(line.slice(0, 60)), () => {
      const head = parseResponseHead(`${line}\r\nserver: s\r\n\r\n`);
      assert.deepEqual([head.status, head.reason, head.minor], [status, reason, minor]);
      assert.deepEqual([...head.fields], [["server", "s"]]);
      assert.deepEqual([...parseResponseHead(`${line}\r\n\r\n`).fields], []);
    });
  }
});

const REFUSED: string[] = [
  "",
  " ",
  "HTTP/1.1",
  "HTTP/1.1 ",
  "HTTP/1.1 2",
  "HTTP/1.1 20 OK",
  "HTTP/1.1 20",
  "HTTP/1.1 2000 OK",
  "HTTP/1.1 0200 OK",
  "HTTP/1.1 000 No",
  "HTTP/1.1 012 No",
  "HTTP/1.1 099 No",
  "HTTP/1.1 -20 OK",
  "HTTP/1.1 +20 OK",
  "HTTP/1.1 2.0 OK",
  "HTTP/1.1 2e2 OK",
  "HTTP/1.1 0x1 OK",
  "HTTP/1.1 OK 200",
  "HTTP/1.1 OK",
  "HTTP/1.1 2 00",
  "HTTP/1.1 20\xb9 OK",
  "HTTP/1.1 200OK",
  "HTTP/1.1 200\tOK",
  "HTTP/1.1 200,OK",
  "HTTP/1.1 200\xa0OK",
  "HTTP/1.1  200 OK",
  "HTTP/1.1\t200 OK",
  "HTTP/1.1200 OK",
  " HTTP/1.1 200 OK",
  "\r\nHTTP/1.1 200 OK",
  "\rHTTP/1.1 200 OK",
  "\x00HTTP/1.1 200 OK",
  "\xef\xbb\xbfHTTP/1.1 200 OK",
  "http/1.1 200 OK",
  "Http/1.1 200 OK",
  "HTTPS/1.1 200 OK",
  "HTTP 1.1 200 OK",
  "HTTP/1 200 OK",
  "HTTP/1. 200 OK",
  "HTTP/.1 200 OK",
  "HTTP/1,1 200 OK",
  "HTTP/1.11 200 OK",
  "HTTP/01.1 200 OK",
  "HTTP/1.2 200 OK",
  "HTTP/0.9 200 OK",
  "HTTP/2.0 200 OK",
  "HTTP/2 200 OK",
  "HTTP/3 200",
  "ICY 200 OK",
  "RTSP/1.0 200 OK",
  "GET / HTTP/1.1",
  "HTTP/1.1 200 O\x00K",
  "HTTP/1.1 200 O\x01K",
  "HTTP/1.1 200 O\x1fK",
  "HTTP/1.1 200 O\x7fK",
  "HTTP/1.1 200 O\x0bK",
  "HTTP/1.1 200 O\rK",
  "HTTP/1.1 200 OK\r",
  "HTTP/1.1 200\r",
  "HTTP/1.1 200 O\nK",
  "HTTP/1.1 200 \u0100",
  `HTTP/1.1 200 ${" ".repeat(61_440)}\x01`,
  `HTTP/1.1${" ".repeat(61_440)}200`,
  `HTTP/1.1 ${"2".repeat(61_440)}`,
];

Deno.test("parseResponseHead() refuses", async (t) => {
  for (const line of REFUSED) {
    await t.step(JSON.stringify(line.slice(0, 60)), () => {
      assert.throws(() => parseResponseHead(`${line}\r\nserver: s\r\n\r\n`), { status: 400 });
      assert.throws(() => parseResponseHead(`${line}\r\n\r\n`), ProtocolError);
    });
  }
});
