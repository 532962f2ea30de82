import assert from "node:assert/strict";
import { type Body, BytesBody } from "../../../lib/http/body.ts";
import { ClientConnection, NoAnswer, type OutgoingRequest } from "../../../lib/http/client_connection.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { streamOf } from "../../../lib/http/stream_body.ts";
import { settle } from "../../support/fake_clock.ts";
import { bytesOf, ScriptedStream } from "../../support/scripted_stream.ts";

/** A connection, with what it was told. */
function connectionOf(pieces: readonly string[], end: "end" | "fail" | "wait" = "wait") {
  const stream = new ScriptedStream(pieces, end);
  const told: string[] = [];
  const connection = new ClientConnection(stream, () => told.push("free"), () => told.push("closed"), {
    now: 0,
  });
  return { stream, told, connection };
}

function request(changes: Partial<OutgoingRequest> = {}): OutgoingRequest {
  const headers = new FieldList(["x-a", "x-b"], ["1", "2"]);
  const lines = bytesOf("authorization: Bearer k\r\n");
  return {
    method: "POST",
    target: "/v1?x=1",
    host: "h.test",
    headers,
    lines,
    body: null,
    upgrade: false,
    ...changes,
  };
}

/** Sends a request and reads its answer to the end. */
async function exchange(
  connection: ClientConnection,
  changes: Partial<OutgoingRequest> = {},
): Promise<string> {
  const { status, body } = await connection.exchange(request(changes));
  return `${status} ${body === null ? "" : await new Response(streamOf(body)).text()}`;
}

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const START = "/v1?x=1 HTTP/1.1\r\nhost: h.test\r\nx-a: 1\r\nx-b: 2\r\n";
const KEY = "authorization: Bearer k\r\n\r\n";

/** A body that comes in pieces, of no length that is known. */
function pieces(...parts: readonly string[]) {
  return Object.assign(new BytesBody(...parts.map(bytesOf)), { length: undefined as unknown as number });
}

/** A body of which nothing is in hand. */
function bodyOf(read: () => Promise<Uint8Array | undefined>): Body {
  return { length: 1 << 20, done: false, take: () => undefined, read, cancel() {} };
}

const WRITTEN: [what: string, changes: Partial<OutgoingRequest>, writes: string[]][] = [
  ["GET", { method: "GET" }, [`GET ${START}${KEY}`]],
  ["DELETE without a body", { method: "DELETE" }, [`DELETE ${START}${KEY}`]],
  ["POST without a body", {}, [`POST ${START}content-length: 0\r\n${KEY}`]],
  ["PUT without a body", { method: "PUT" }, [`PUT ${START}content-length: 0\r\n${KEY}`]],
  ["a body", { body: new BytesBody(bytesOf("abc")) }, [`POST ${START}content-length: 3\r\n${KEY}abc`]],
  ["an empty body", { body: new BytesBody() }, [`POST ${START}content-length: 0\r\n${KEY}`]],
  ["a body in pieces", { body: new BytesBody(bytesOf("ab"), bytesOf("c")) }, [
    `POST ${START}content-length: 3\r\n${KEY}ab`,
    "c",
  ]],
  ["a body of unknown length", { body: pieces("ab", "c".repeat(16)) }, [
    `POST ${START}transfer-encoding: chunked\r\n${KEY}2\r\nab\r\n`,
    `10\r\n${"c".repeat(16)}\r\n`,
    "0\r\n\r\n",
  ]],
];

Deno.test("a request is written as it was asked for, with a framing of our own and nothing else", async (t) => {
  for (const [what, changes, writes] of WRITTEN) {
    await t.step(what, async () => {
      const { connection, stream } = connectionOf([OK]);
      assert.equal(await exchange(connection, changes), "200 ok");
      assert.deepEqual(stream.writes, writes);
      connection.close();
    });
  }
});

const REUSE: [what: string, answer: string, method: string, told: string[]][] = [
  ["a length", OK, "GET", ["free"]],
  ["chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "GET", ["free"]],
  ["no body by its status", "HTTP/1.1 204 No Content\r\n\r\n", "GET", ["free"]],
  ["no body by its method", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", "HEAD", ["free"]],
  ["an early answer before it", `HTTP/1.1 103 Early\r\nlink: x\r\n\r\n${OK}`, "GET", ["free"]],
  ["connection: close", OK.replace("content", "connection: close\r\ncontent"), "GET", ["closed"]],
  ["connection: x, Close", OK.replace("content", "connection: x, Close\r\ncontent"), "GET", ["closed"]],
  ["HTTP/1.0", OK.replace("1.1", "1.0"), "GET", ["closed"]],
  ["HTTP/1.0 that would be kept", OK.replace("1.1 200 OK", "1.0 200 OK\r\nconnection: keep-alive"), "GET", [
    "closed",
  ]],
  ["a byte behind it", `${OK}x`, "GET", ["closed"]],
  ["another answer behind it", OK + OK, "GET", ["closed"]],
  ["a body where there is none", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "HEAD", ["closed"]],
];

Deno.test("a connection is used again only when its answer says so, and nothing stands behind it", async (t) => {
  for (const [what, answer, method, told] of REUSE) {
    await t.step(what, async () => {
      const one = connectionOf([answer]);
      await exchange(one.connection, { method });
      assert.deepEqual(one.told, told);
      one.connection.close();
    });
  }
});

Deno.test("a connection is closed by whatever comes while it is idle", async (t) => {
  for (const what of ["a byte", "an answer", "the end", "a failure"]) {
    await t.step(what, async () => {
      const end = what === "the end" ? "end" : what === "a failure" ? "fail" : "wait";
      const { connection, stream, told } = connectionOf([OK], end);
      await exchange(connection);
      connection.idle(Infinity);
      await settle();
      if (end === "wait") assert.deepEqual(told, ["free"]);
      if (what === "a byte") stream.send("x");
      if (what === "an answer") stream.send(OK);
      await settle();
      assert.deepEqual([told, stream.isClosed], [["free", "closed"], true]);
    });
  }
});

Deno.test("a connection serves one request after the other", async () => {
  const { connection, stream } = connectionOf([]);
  for (let i = 0; i < 3; i++) {
    assert.equal(connection.isReused, i > 0);
    const next = exchange(connection);
    await settle();
    stream.send(OK);
    assert.equal(await next, "200 ok");
    connection.idle(Infinity);
  }
  assert.equal(stream.writes.length, 3);
  connection.close();
});

Deno.test("a piece of an answer stays as it is until the next one is asked for", async () => {
  const { connection, stream } = connectionOf([OK]);
  const { body } = await connection.exchange(request());
  const piece = (await body!.read())!;
  const copy = piece.slice();
  stream.send("HTTP/1.1 500 Other\r\ncontent-length: 2\r\n\r\nno");
  await settle();
  assert.deepEqual(piece, copy);
  connection.close();
});

Deno.test("an answer that breaks off rejects, as one that never began only when nothing had come", async (t) => {
  const early = "HTTP/1.1 103 E\r\n\r\n";
  for (const end of ["end", "fail"] as const) {
    for (let length = 0; length < OK.length; length++) {
      await t.step(`${end} behind ${length} bytes`, async () => {
        const { connection, stream } = connectionOf([OK.slice(0, length)], end);
        const expected = length === 0
          ? NoAnswer
          : end === "end" || length < OK.length - 2
          ? ProtocolError
          : Error;
        await assert.rejects(exchange(connection), expected);
        connection.close();
        assert.ok(stream.isClosed);
      });
    }
    await t.step(
      `${end} behind an early answer`,
      () => assert.rejects(exchange(connectionOf([early], end).connection), ProtocolError),
    );
  }
});

Deno.test("what is no answer closes the connection", async (t) => {
  const rows: [what: string, answer: string][] = [
    ["garbage", "garbage\r\n\r\n"],
    ["an upgrade", "HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n"],
    ["seventeen early answers", "HTTP/1.1 100 C\r\n\r\n".repeat(17) + OK],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok"],
    ["a length and chunks", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n"],
    ["a folded field", "HTTP/1.1 200 OK\r\na: b\r\n c: d\r\n\r\n"],
    ["a head without an end", `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(12_000)}`],
    ["101 fields", `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(101)}\r\n`],
  ];
  for (const [what, answer] of rows) {
    await t.step(what, async () => {
      const { connection, stream, told } = connectionOf([answer]);
      await assert.rejects(exchange(connection), ProtocolError);
      assert.deepEqual([told, stream.isClosed], [["closed"], true]);
    });
  }
  await t.step("sixteen early answers are borne", async () => {
    const { connection } = connectionOf(["HTTP/1.1 100 C\r\n\r\n".repeat(16) + OK]);
    assert.equal(await exchange(connection), "200 ok");
    connection.close();
  });
});

Deno.test("an answer that comes before the request was sent is given, and its connection not used again", async () => {
  const { connection, told } = connectionOf(["HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno"]);
  const body = bodyOf(() => new Promise(() => {}));
  assert.equal(await exchange(connection, { body }), "413 no");
  assert.deepEqual(told, ["closed"]);
});

Deno.test("a request whose body breaks off closes the connection", async () => {
  const { connection, stream } = connectionOf([]);
  const body = bodyOf(() => Promise.reject(new Error("gone")));
  await assert.rejects(exchange(connection, { body }), NoAnswer);
  assert.ok(stream.isClosed);
});
