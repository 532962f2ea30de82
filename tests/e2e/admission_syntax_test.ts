import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { sendRaw } from "../support/raw.ts";
import { startScene } from "../support/scene.ts";
import { assertRefused, statusesOf } from "../support/web_page_refusal.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** What stands between the request line and `connection: close`. OWN stands for a Host field of ours. */
const FIELDS: readonly (readonly [what: string, fields: string, status: number])[] = [
  ["Host twice", "OWNOWN", 400],
  ["Host twice, ours first", "OWNhost: attacker.test\r\n", 400],
  ["Host twice, ours last", "HOST: attacker.test\r\nOWN", 400],
  ["Host twice, apart", "OWNx: a\r\nhost: attacker.test\r\n", 400],
  ["a folded Host", "host:\r\n 127.0.0.1\r\n", 400],
  ["a Host that goes on in the next line", "OWN attacker.test\r\n", 400],
  ["a folded field", "OWNx: a\r\n\tattacker.test\r\n", 400],
  ["white space before the first field", " OWN", 400],
  ["white space before a colon", "OWNx : attacker.test\r\n", 400],
  ["a tab before a colon", "OWNx\t: attacker.test\r\n", 400],
  ["no colon", "OWNattacker.test\r\n", 400],
  ["no name", "OWN: attacker.test\r\n", 400],
  ["a name with a NUL", "OWNx\0y: attacker.test\r\n", 400],
  ["a name beyond ASCII", "OWNx\xe9: attacker.test\r\n", 400],
  ["a NUL", "OWNx: attacker\0test\r\n", 400],
  ["a DEL", "OWNx: attacker\x7ftest\r\n", 400],
  ["a bare CR", "OWNx: attacker\rtest: a\r\n", 400],
  ["a bare LF", "OWNx: attacker\ny: test\r\n", 400],
  ["CR CR LF", "OWNx: attacker\r\r\n", 400],
  ["a length and chunks", "OWNcontent-length: 5\r\ntransfer-encoding: chunked\r\n", 400],
  ["chunks and a length", "OWNtransfer-encoding: chunked\r\ncontent-length: 5\r\n", 400],
  ["two lengths", "OWNcontent-length: 5\r\ncontent-length: 6\r\n", 400],
  ["the same length twice", "OWNcontent-length: 5\r\ncontent-length: 5\r\n", 400],
  ["a list of lengths", "OWNcontent-length: 5, 5\r\n", 400],
  ["a length with a plus", "OWNcontent-length: +5\r\n", 400],
  ["a length with a minus", "OWNcontent-length: -5\r\n", 400],
  ["a length with a space in it", "OWNcontent-length: 1 5\r\n", 400],
  ["a hexadecimal length", "OWNcontent-length: 0x5\r\n", 400],
  ["a length with a point", "OWNcontent-length: 5.0\r\n", 400],
  ["a length with an exponent", "OWNcontent-length: 5e0\r\n", 400],
  ["a length of other digits", "OWNcontent-length: \xd9\xa5\r\n", 400],
  ["an empty length", "OWNcontent-length:\r\n", 400],
  ["a length of twenty digits", "OWNcontent-length: 18446744073709551621\r\n", 400],
  ["another coding", "OWNtransfer-encoding: gzip, chunked\r\n", 501],
  ["an unknown coding", "OWNtransfer-encoding: xchunked\r\n", 501],
  ["chunks as a parameter", "OWNtransfer-encoding: chunked;q=1\r\n", 501],
  ["chunks that are none in the end", "OWNtransfer-encoding: chunked, identity\r\n", 501],
  ["chunks in quotes", 'OWNtransfer-encoding: "chunked"\r\n', 501],
  ["chunks behind a vertical tab", "OWNtransfer-encoding: \x0bchunked\r\n", 400],
  ["chunks behind a no-break space", "OWNtransfer-encoding: \xa0chunked\r\n", 501],
  ["chunks twice", "OWNtransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", 400],
  ["an empty coding", "OWNtransfer-encoding:\r\n", 501],
  ["102 fields", `OWN${"x: attacker\r\n".repeat(99)}`, 431],
  ["10,000 fields", `OWN${"a:\r\n".repeat(10_000)}`, 431],
  ["a field of 64 KiB", `OWNx: ${"attacker".repeat(8192)}\r\n`, 431],
  ["a name of 64 KiB", `OWN${"attacker".repeat(8192)}: x\r\n`, 431],
];

testWith(NEEDS, "what could be read in two ways is refused, and nothing behind it answered", async (t) => {
  await using scene = await startScene(["openai"]);
  const { port } = scene.proxy;
  const own = `host: 127.0.0.1:${port}\r\n`;
  const next = `GET /openai/v1/models HTTP/1.1\r\n${own}x-api-key: ${scene.token}\r\n\r\n`;
  for (const [what, template, status] of FIELDS) {
    const fields = `x-api-key: ${scene.token}\r\n${template.replaceAll("OWN", own)}`;
    await t.step(`${what}: ${status}`, async () => {
      const line = `POST /openai/v1/responses HTTP/1.1\r\n${fields}`;
      await assertRefused(scene, `${line}connection: close\r\n\r\n${next}`, status, ["attacker"]);
      await assertRefused(scene, `${line}\r\n0\r\n\r\n${next}${next}`, status, ["attacker"]);
    });
  }
  const token = `x-api-key: ${scene.token}\r\n\r\n`;
  const rows: [what: string, bytes: string, status: number][] = [
    ["no Host", `GET /health HTTP/1.1\r\nconnection: close\r\n\r\n`, 400],
    ["an empty Host", `GET /health HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n`, 400],
    ["a Host of white space", `GET /health HTTP/1.1\r\nhost: \t \r\nconnection: close\r\n\r\n`, 400],
    ["HTTP/1.0 without a Host", `GET /openai/v1/models HTTP/1.0\r\n${token}`, 400],
    ["HTTP/1.0 for another host", `GET /openai/v1/models HTTP/1.0\r\nhost: attacker.test\r\n${token}`, 421],
    ["HTTP/0.9", `GET /openai/v1/models\r\n\r\n`, 400],
    ["HTTP/0.9 by number", `GET /openai/v1/models HTTP/0.9\r\n${own}${token}`, 505],
    ["HTTP/2 by number", `GET /openai/v1/models HTTP/2.0\r\n${own}${token}`, 505],
    ["HTTP/2 with prior knowledge", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0`, 505],
    ["a version of two digits", `GET /openai/v1/models HTTP/1.11\r\n${own}${token}`, 400],
    ["a version in lower case", `GET /openai/v1/models http/1.1\r\n${own}${token}`, 400],
    ["a bare LF behind the request line", `GET /openai/v1/models HTTP/1.1\n${own}${token}`, 400],
    ["bare LFs only", `GET /health HTTP/1.1\n${own.trim()}\n\n`, 400],
    ["a bare CR behind the request line", `GET /health HTTP/1.1\r${own}\r\n`, 400],
    ["a handshake of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03attacker\r\n\r\n", 400],
    ["SSH", "SSH-2.0-OpenSSH_9.9\r\n\r\n", 400],
    ["a Redis command", "*1\r\n$4\r\nPING\r\n\r\n", 400],
  ];
  for (const [what, bytes, status] of rows) {
    await t.step(`${what}: ${status}`, () => assertRefused(scene, bytes, status, ["attacker"]));
  }
});

testWith(NEEDS, "limits of a head are exact", async (t) => {
  await using scene = await startScene(["openai"]);
  const { port } = scene.proxy;
  const own = `host: 127.0.0.1:${port}\r\nx-api-key: ${scene.token}\r\nconnection: close\r\n`;
  const models = "/openai/v1/models";
  const headOf = (length: number) => {
    const rest = `GET ${models} HTTP/1.1\r\n${own}x: \r\n\r\n`.length;
    return `GET ${models} HTTP/1.1\r\n${own}x: ${"a".repeat(length - rest)}\r\n\r\n`;
  };
  const fieldsOf = (count: number) =>
    `GET ${models} HTTP/1.1\r\n${own}${
      Array.from({ length: count - 3 }, (_, i) => `x${i}: a\r\n`).join("")
    }\r\n`;
  const targetOf = (length: number) =>
    `GET ${models}?${"a".repeat(length - models.length - 1)} HTTP/1.1\r\n${own}\r\n`;
  const rows: [what: string, make: (size: number) => string, most: number, status: number][] = [
    ["bytes of a head", headOf, 65_536, 431],
    ["fields", fieldsOf, 100, 431],
    ["characters of a target", targetOf, 16_384, 400],
  ];
  for (const [what, make, most, status] of rows) {
    await t.step(what, async () => {
      assert.deepEqual(await statusesOf(port, make(most)), [200]);
      await assertRefused(scene, make(most + 1), status);
    });
  }
  await t.step("a target longer than a head", () => assertRefused(scene, targetOf(70_000), 431));
});

testWith(NEEDS, "an offer of HTTP/2 over TCP is not taken", async () => {
  await using scene = await startScene(["openai"]);
  const { port } = scene.proxy;
  const offer = "connection: close, Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n";
  const own = `host: 127.0.0.1:${port}\r\nx-api-key: ${scene.token}\r\n`;
  const answer = await sendRaw(port, `GET /openai/v1/models HTTP/1.1\r\n${own}${offer}\r\n`);
  assert.notEqual(answer.status, 101);
  assert.doesNotMatch(answer.head, /^upgrade:/im);
  for (const { headers } of scene.providers.received) {
    assert.deepEqual([headers.get("upgrade"), headers.get("http2-settings")], [null, null]);
  }
});
