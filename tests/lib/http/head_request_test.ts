import assert from "node:assert/strict";
import { parseRequestHead } from "../../../lib/http/head.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";

const READ: [line: string, method: string, target: string, minor: number][] = [
  ["GET / HTTP/1.1", "GET", "/", 1],
  ["GET / HTTP/1.0", "GET", "/", 0],
  // A later minor version is spoken as 1.1 (RFC 9110, section 2.5).
  ["GET / HTTP/1.2", "GET", "/", 1],
  ["GET / HTTP/1.9", "GET", "/", 1],
  ["OPTIONS * HTTP/1.1", "OPTIONS", "*", 1],
  ["GET http://h/ HTTP/1.1", "GET", "http://h/", 1],
  ["CONNECT h:443 HTTP/1.1", "CONNECT", "h:443", 1],
  ["GET /a?b=c#d HTTP/1.1", "GET", "/a?b=c#d", 1],
  ["GET /HTTP/1.1 HTTP/1.1", "GET", "/HTTP/1.1", 1],
  ["GET /\xe9\xff HTTP/1.1", "GET", "/\xe9\xff", 1],
  // Methods are told apart by case (RFC 9110, section 9.1).
  ["get / HTTP/1.1", "get", "/", 1],
  ["!#$%&'*+-.^_`|~09AZaz / HTTP/1.1", "!#$%&'*+-.^_`|~09AZaz", "/", 1],
  [`${"M".repeat(32)} / HTTP/1.1`, "M".repeat(32), "/", 1],
  [`GET /${"a".repeat(60_000)} HTTP/1.1`, "GET", `/${"a".repeat(60_000)}`, 1],
];

Deno.test("parseRequestHead() reads", async (t) => {
  for (const [line, method, target, minor] of READ) {
    await t.step(line.slice(0, 60), () => {
      const head = parseRequestHead(`${line}\r\nhost: h\r\n\r\n`);
      assert.deepEqual([head.method, head.target, head.minor], [method, target, minor]);
      assert.deepEqual([...head.fields], [["host", "h"]]);
      assert.deepEqual([...parseRequestHead(`${line}\r\n\r\n`).fields], []);
    });
  }
});

const REFUSED: string[] = [
  "",
  " ",
  "GET",
  "GET ",
  "GET /",
  "GET / ",
  "GET / HTTP",
  "GET / HTTP/",
  "GET / HTTP/1",
  "GET / HTTP/1.",
  "GET / HTTP/.1",
  "GET / HTTP/1.1 ",
  "GET / HTTP/1.1\t",
  "GET / HTTP/1.1 x",
  "GET / HTTP/1.11",
  "GET / HTTP/11.1",
  "GET / HTTP/01.1",
  "GET / HTTP/1,1",
  "GET / HTTP/1 .1",
  "GET / HTTP/ 1.1",
  "GET / HTTP /1.1",
  "GET / HTTP/+1.1",
  "GET / HTTP/x.1",
  "GET / HTTP/1.x",
  "GET / HTTP/1.\xb9",
  "GET / http/1.1",
  "GET / Http/1.1",
  "GET / HTTPS/1.1",
  "GET / HTTP\\1.1",
  "GET / RTSP/1.0",
  "GET / ICE/1.0",
  "GET / XHTTP/1.1",
  " GET / HTTP/1.1",
  "\tGET / HTTP/1.1",
  "GET  / HTTP/1.1",
  "GET /  HTTP/1.1",
  "GET\t/ HTTP/1.1",
  "GET /\tHTTP/1.1",
  "GET\xa0/ HTTP/1.1",
  "GET\x0b/ HTTP/1.1",
  "GET /a b HTTP/1.1",
  "GET /a\tb HTTP/1.1",
  "GET / HTTP/1.1 HTTP/1.1",
  "GET HTTP/1.1",
  " / HTTP/1.1",
  "/ HTTP/1.1",
  "GET: / HTTP/1.1",
  "G(T / HTTP/1.1",
  'G"T / HTTP/1.1',
  "G/T / HTTP/1.1",
  "G@T / HTTP/1.1",
  "G\xe9T / HTTP/1.1",
  "G\x00T / HTTP/1.1",
  "G\x7fT / HTTP/1.1",
  "GET /\x00 HTTP/1.1",
  "GET /\x1f HTTP/1.1",
  "GET /\x00\r\nx: HTTP/1.1",
  "GET /\r HTTP/1.1",
  "GET /\n HTTP/1.1",
  "GET / HTTP/1.1\r",
  "\rGET / HTTP/1.1",
  "\r\nGET / HTTP/1.1",
  "\x00GET / HTTP/1.1",
  "\xef\xbb\xbfGET / HTTP/1.1",
  "HTTP/1.1 200 OK",
  `${"M".repeat(33)} / HTTP/1.1`,
  `${"M".repeat(60_000)} / HTTP/1.1`,
  `GET /${"a ".repeat(30_000)}HTTP/1.1`,
  `GET ${" ".repeat(61_440)}/ HTTP/1.1`,
  `GET / HTTP/1.1${" ".repeat(61_440)}`,
  `GET /${" HTTP/1.".repeat(7_000)}`,
];

Deno.test("parseRequestHead() refuses", async (t) => {
  for (const line of REFUSED) {
    await t.step(JSON.stringify(line.slice(0, 60)), () => {
      assert.throws(() => parseRequestHead(`${line}\r\nhost: h\r\n\r\n`), { status: 400 });
      assert.throws(() => parseRequestHead(`${line}\r\n\r\n`), ProtocolError);
    });
  }
});

const VERSIONS = ["0.9", "0.0", "0.1", "2.0", "2.1", "3.0", "9.9"];

Deno.test("parseRequestHead() speaks no other version", async (t) => {
  for (const version of VERSIONS) {
    await t.step(version, () => {
      const read = () => parseRequestHead(`GET / HTTP/${version}\r\nhost: h\r\n\r\n`);
      assert.throws(read, (error) => error instanceof ProtocolError && error.status === 505);
    });
  }
  await t.step("the beginning of HTTP/2", () => {
    assert.throws(() => parseRequestHead("PRI * HTTP/2.0\r\n\r\n"), { status: 505 });
  });
  await t.step("0.9, which names none", () => {
    assert.throws(() => parseRequestHead("GET /\r\n\r\n"), { status: 400 });
  });
});
