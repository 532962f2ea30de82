import assert from "node:assert/strict";
import { type Body, BytesBody } from "../../../lib/http/body.ts";
import { ClientConnection, NoAnswer, type OutgoingRequest } from "../../../lib/http/client_connection.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { duplex, type DuplexOptions } from "../../support/duplex.ts";
import { settle, settleStreams } from "../../support/fake_clock.ts";
import { bytesOf, latin1, ScriptedStream } from "../../support/scripted_stream.ts";

function requestOf(changes: Partial<OutgoingRequest> = {}): OutgoingRequest {
  const none = { headers: new FieldList(), lines: new Uint8Array(), body: null };
  return { method: "GET", target: "/", host: "h", upgrade: false, ...none, ...changes };
}

async function textOf(body: Body | null): Promise<string> {
  let text = "";
  for (let part = await body?.read(); part !== undefined; part = await body!.read()) text += latin1(part);
  return text;
}

/** A connection to a server whose end the test holds. */
function connectionTo(options?: DuplexOptions) {
  const [ours, server] = duplex(options);
  const told: string[] = [];
  const connection = new ClientConnection(ours, () => told.push("free"), () => told.push("closed"), {
    now: 0,
  });
  return { ours, server, told, connection };
}

const FRAMED: [what: string, answer: string, body: string, method?: string][] = [
  ["a length", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "hello"],
  [
    "chunks",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nx: y\r\n\r\n",
    "hello",
  ],
  [
    "1xx before it",
    "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\na: b\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "hello",
  ],
  ["the status 304", "HTTP/1.1 304 N\r\ncontent-length: 5\r\n\r\n", ""],
  ["the method HEAD", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "", "HEAD"],
  ["no body", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", ""],
];

Deno.test("an answer is the same in whatever pieces it comes", async (t) => {
  for (const [what, answer, text, method = "GET"] of FRAMED) {
    await t.step(what, async () => {
      for (let cut = 1; cut < answer.length; cut++) {
        for (const pieces of [[answer.slice(0, cut), answer.slice(cut)], cut === 1 ? [...answer] : []]) {
          if (pieces.length === 0) continue;
          const told: string[] = [];
          const stream = new ScriptedStream(pieces, "wait");
          const connection = new ClientConnection(
            stream,
            () => told.push("free"),
            () => told.push("closed"),
            { now: 0 },
          );
          assert.equal(await textOf((await connection.exchange(requestOf({ method }))).body), text);
          assert.deepEqual(told, ["free"], `cut at ${cut}`);
        }
      }
    });
  }
});

Deno.test("an answer that breaks off at any byte is never taken for a whole one", async (t) => {
  for (const [what, answer, , method = "GET"] of FRAMED) {
    for (const end of ["end", "fail"] as const) {
      await t.step(`${what}, ${end}`, async () => {
        for (let length = 0; length < answer.length; length++) {
          const told: string[] = [];
          const stream = new ScriptedStream([answer.slice(0, length)], end);
          const connection = new ClientConnection(
            stream,
            () => told.push("free"),
            () => told.push("closed"),
            { now: 0 },
          );
          const whole = connection.exchange(requestOf({ method })).then(({ body }) => textOf(body));
          const error = await whole.then(() => undefined, (error) => error);
          assert.ok(error instanceof Error, `whole at ${length}`);
          assert.equal(error instanceof NoAnswer, length === 0, `at ${length}`);
          assert.ok(!told.includes("free"));
        }
      });
    }
  }
});

Deno.test("an answer without a length ends with the connection, which is over then", async (t) => {
  const answer = "HTTP/1.1 200 OK\r\n\r\nhello";
  await t.step("in order", async () => {
    const { connection, server, told } = connectionTo();
    await server.write(bytesOf(answer));
    await server.closeWrite();
    assert.equal(await textOf((await connection.exchange(requestOf())).body), "hello");
    assert.deepEqual(told, ["closed"]);
  });
  await t.step("by a failure, which is not its end", async () => {
    const stream = new ScriptedStream([answer], "fail");
    const connection = new ClientConnection(stream, () => {}, () => {}, { now: 0 });
    await assert.rejects(connection.exchange(requestOf()).then(({ body }) => textOf(body)));
  });
});

Deno.test("nothing of a request is written behind an early answer", async () => {
  const { connection, server, ours, told } = connectionTo({ room: 64 });
  const body = new BytesBody(...Array.from({ length: 50 }, () => bytesOf("x".repeat(20))));
  const answering = connection.exchange(requestOf({ method: "POST", body }));
  await settle();
  const before = ours.writes.length;
  await server.write(bytesOf("HTTP/1.1 413 T\r\ncontent-length: 0\r\n\r\n"));
  assert.equal((await answering).status, 413);
  await settleStreams();
  assert.deepEqual(told, ["closed"]);
  assert.ok(ours.isClosed);
  assert.equal(ours.writes.length, before);
});

Deno.test("a request goes on while its answer already comes, and the connection is used again", async () => {
  const { connection, server, told } = connectionTo({ room: 64 });
  const body = new BytesBody(...Array.from({ length: 50 }, () => bytesOf("x".repeat(20))));
  const { status, body: answer } = await (async () => {
    const answering = connection.exchange(requestOf({ method: "POST", body }));
    await server.write(bytesOf("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab"));
    return await answering;
  })();
  assert.equal(status, 200);
  assert.equal(latin1((await answer!.read())!), "ab");
  let seen = "";
  const buffer = new Uint8Array(50);
  while (!seen.endsWith("x".repeat(1000))) seen += latin1(buffer.subarray(0, (await server.read(buffer))!));
  await settleStreams();
  await server.write(bytesOf("cd"));
  assert.equal(await textOf(answer), "cd");
  assert.deepEqual(told, ["free"]);
});

Deno.test("an answer that was sent before a server stopped taking the request is given", async () => {
  const stream = new ScriptedStream([], "wait");
  const told: string[] = [];
  const write = () => Promise.reject(new Error("broken pipe"));
  const half = {
    read: (into: Uint8Array) => stream.read(into),
    write,
    closeWrite: write,
    close: () => stream.close(),
  };
  const connection = new ClientConnection(half, () => told.push("free"), () => told.push("closed"), {
    now: 0,
  });
  const answering = connection.exchange(requestOf());
  await settle();
  stream.send("HTTP/1.1 400 B\r\ncontent-length: 2\r\n\r\nno");
  const { status, body } = await answering;
  assert.deepEqual([status, await textOf(body)], [400, "no"]);
  assert.deepEqual(told, ["closed"]);
});

Deno.test("a request whose body breaks off is never ended as if it were whole", async (t) => {
  for (const length of [undefined, 9]) {
    await t.step(length === undefined ? "in chunks" : "of a length", async () => {
      const { connection, ours } = connectionTo();
      const parts = [bytesOf("abc")];
      const read = () => Promise.reject(new ProtocolError("The message breaks off in its body"));
      const body: Body = { length, done: false, take: () => parts.shift(), read, cancel() {} };
      await assert.rejects(connection.exchange(requestOf({ method: "POST", body })), NoAnswer);
      assert.ok(ours.isClosed);
      assert.match(ours.writes.join(""), length === undefined ? /\r\n\r\n3\r\nabc\r\n$/ : /\r\n\r\nabc$/);
    });
  }
});

Deno.test("expire() and close() end what is under way, once", async (t) => {
  for (const [what, isExpired] of [["expire", true], ["close", false]] as const) {
    for (const begun of ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe"]) {
      await t.step(`${what}() behind ${begun.length} bytes`, async () => {
        const { connection, server, told } = connectionTo();
        const whole = connection.exchange(requestOf()).then(({ body }) => textOf(body));
        whole.catch(() => {});
        await server.write(bytesOf(begun));
        await settle();
        connection[what]();
        connection[what]();
        await assert.rejects(whole);
        assert.deepEqual([told, connection.isExpired], [["closed"], isExpired]);
      });
    }
  }
});

Deno.test("an answer that is not wanted to its end ends the connection, and frees it only at its end", async () => {
  for (const isWhole of [false, true]) {
    const { connection, server, told } = connectionTo();
    await server.write(bytesOf(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe${isWhole ? "llo" : ""}`));
    const { body } = await connection.exchange(requestOf());
    await body!.read();
    if (isWhole) assert.deepEqual([await body!.read(), await body!.read()], [undefined, undefined]);
    body!.cancel();
    body!.cancel();
    assert.deepEqual(told, [isWhole ? "free" : "closed"]);
  }
});

Deno.test("what was given out of an answer stands until more is asked for, whatever arrives", async () => {
  const { connection, server } = connectionTo();
  const long = "a".repeat(3000);
  await server.write(bytesOf(`HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n${long}`));
  const { body } = await connection.exchange(requestOf());
  for (const letter of ["a", "b", "c"]) {
    const piece = (await body!.read())!;
    await server.write(bytesOf(String.fromCharCode(letter.charCodeAt(0) + 1).repeat(3000)));
    await settleStreams();
    assert.ok(latin1(piece) === letter.repeat(3000), letter);
  }
});
