import assert from "node:assert/strict";
import { ClientConnection, SILENCE_TIME } from "../../../lib/http/client_connection.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import type { Answer } from "../../../lib/http/message.ts";
import { IDLE_TIME, LINGER_TIME, ServerConnection, TOTAL_TIME } from "../../../lib/http/server_connection.ts";
import { type ServerRequest, TIMED_OUT } from "../../../lib/http/service.ts";
import { duplex } from "../../support/duplex.ts";
import { settleStreams } from "../../support/fake_clock.ts";
import { bytesOf, ScriptedStream } from "../../support/scripted_stream.ts";

const POST = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\n";
const OK: Answer = { status: 200, reason: "", headers: new FieldList(), body: null };

function serve(stream: ScriptedStream, handle: (request: ServerRequest) => Promise<Answer>) {
  const clock = { now: 1000 };
  const connection = new ServerConnection(stream, clock, {
    handle: async (request) => ({ answer: await handle(request), ended() {} }),
    refuse: () => ({ answer: OK, ended() {} }),
    isDraining: () => false,
  });
  return { clock, connection, over: connection.run() };
}

Deno.test("a client that stops in its body is waited for, and then answered", async () => {
  const stream = new ScriptedStream([POST + "ab"], "wait");
  const reasons: unknown[] = [];
  const { clock, connection, over } = serve(stream, async ({ body, signal }) => {
    const gone = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    await Promise.race([
      gone,
      (async () => {
        while (await body!.read() !== undefined);
      })(),
    ]);
    reasons.push(signal.reason);
    return { ...OK, status: 408 };
  });
  await settleStreams();
  assert.equal(connection.deadline, clock.now + IDLE_TIME);
  clock.now = connection.deadline;
  connection.expire();
  await settleStreams();
  assert.deepEqual(reasons, [TIMED_OUT]);
  assert.match(stream.written, /^HTTP\/1\.1 408 [^]*connection: close\r\n/);
  assert.equal(connection.deadline, clock.now + LINGER_TIME);
  connection.expire();
  await over;
  assert.ok(stream.isClosed);
});

Deno.test("a request that nobody answers in hours is given up, and closed if that changes nothing", async () => {
  const stream = new ScriptedStream(["GET / HTTP/1.1\r\nhost: h\r\n\r\n"], "wait");
  const aborted: unknown[] = [];
  const { clock, connection } = serve(stream, ({ signal }) => {
    signal.addEventListener("abort", () => aborted.push(signal.reason));
    return new Promise(() => {});
  });
  await settleStreams();
  assert.equal(connection.deadline, clock.now + TOTAL_TIME);
  connection.expire();
  assert.deepEqual([aborted, stream.isClosed], [[TIMED_OUT], false]);
  assert.equal(connection.deadline, clock.now + LINGER_TIME);
  connection.expire();
  assert.ok(stream.isClosed);
});

Deno.test("a client that takes nothing of its answer is cut off after minutes", async () => {
  const stream = new ScriptedStream(["GET / HTTP/1.1\r\nhost: h\r\n\r\n"], "wait");
  stream.write = () => new Promise(() => {});
  const { clock, connection } = serve(stream, () => Promise.resolve(OK));
  await settleStreams();
  assert.equal(connection.deadline, clock.now + IDLE_TIME);
  connection.expire();
  assert.ok(stream.isClosed);
});

Deno.test("a server may be silent for minutes, and only while it is waited for", async () => {
  const [ours, theirs] = duplex();
  const clock = { now: 5 };
  const connection = new ClientConnection(ours, () => {}, () => {}, clock);
  const answering = connection.exchange({
    method: "GET",
    target: "/",
    host: "h",
    headers: new FieldList(),
    lines: new Uint8Array(),
    body: null,
    upgrade: false,
  });
  assert.equal(connection.deadline, 5 + SILENCE_TIME);
  await theirs.write(bytesOf("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"));
  const { body } = await answering;
  assert.equal(connection.deadline, Infinity);
  clock.now = 1_000_000;
  const reading = body!.read();
  assert.equal(connection.deadline, clock.now + SILENCE_TIME);
  await theirs.write(bytesOf("a"));
  assert.equal((await reading)?.length, 1);
  assert.equal(connection.deadline, Infinity);
  const rest = body!.read();
  connection.expire();
  await assert.rejects(rest);
});

Deno.test("a server has its time for an answer from the last piece of a request", async () => {
  const [ours] = duplex();
  const clock = { now: 5 };
  const connection = new ClientConnection(ours, () => {}, () => {}, clock);
  const parts = Array.from({ length: 2 }, () => Promise.withResolvers<Uint8Array | undefined>());
  let index = 0;
  const body = {
    length: undefined,
    done: false,
    take: () => undefined,
    read: () => parts[index++]?.promise ?? Promise.resolve(undefined),
    cancel() {},
  };
  connection.exchange({
    method: "POST",
    target: "/",
    host: "h",
    headers: new FieldList(),
    lines: new Uint8Array(),
    body,
    upgrade: false,
  }).catch(() => {});
  await settleStreams();
  clock.now = 1_000_000;
  assert.equal(connection.deadline, 5 + SILENCE_TIME);
  parts[0]!.resolve(bytesOf("a"));
  await settleStreams();
  assert.equal(connection.deadline, clock.now + SILENCE_TIME);
  connection.close();
});
