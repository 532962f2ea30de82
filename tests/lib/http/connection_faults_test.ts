import assert from "node:assert/strict";
import { LogWriter } from "../../../lib/cli/log_writer.ts";
import { type Body, BytesBody } from "../../../lib/http/body.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import type { Answer } from "../../../lib/http/message.ts";
import { IDLE_TIME } from "../../../lib/http/pool.ts";
import { Server } from "../../../lib/http/server.ts";
import { ServerConnection } from "../../../lib/http/server_connection.ts";
import { type ServerRequest, type Transfer } from "../../../lib/http/service.ts";
import { StreamBody } from "../../../lib/http/stream_body.ts";
import { makeUpstream } from "../../../lib/proxy/upstream.ts";
import { FakeClock, settle, settleStreams } from "../../support/fake_clock.ts";
import { fakeSystem } from "../../support/fake_system.ts";
import { bytesOf, ScriptedStream } from "../../support/scripted_stream.ts";

function answerOf(body: Body | null): Answer {
  return { status: 200, reason: "OK", headers: new FieldList(), body };
}

function serve(stream: ScriptedStream, handle: (request: ServerRequest) => Promise<Answer>) {
  const ends: Transfer[] = [];
  const ended = (transfer: Transfer) => void ends.push(transfer);
  const connection = new ServerConnection(stream, { now: 0 }, {
    handle: async (request) => ({ answer: await handle(request), ended }),
    refuse: () => ({ answer: answerOf(null), ended }),
    isDraining: () => false,
  });
  return { connection, ends, over: connection.run() };
}

Deno.test("an idle connection ends in time also when its last answer had no body", async (t) => {
  const rows: [method: string, answer: string][] = [
    ["GET", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"],
    ["GET", "HTTP/1.1 204 No Content\r\n\r\n"],
    ["POST", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"],
    ["HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"],
  ];
  for (const [method, text] of rows) {
    await t.step(`${method} ${JSON.stringify(text)}`, async () => {
      const clock = new FakeClock();
      const stream = new ScriptedStream([text], "wait");
      const upstream = makeUpstream({
        now: clock.now,
        sleep: clock.sleep,
        env: () => undefined,
        connectTls: () => Promise.resolve(stream),
      }, () => Promise.reject(new Error("not to be fetched")));
      const { body } = await upstream({
        url: new URL("https://h.test/"),
        method,
        headers: new FieldList(),
        credential: new Uint8Array(),
        body: null,
        signal: new AbortController().signal,
      });
      while (await body?.read() !== undefined);
      await clock.advance(IDLE_TIME + 2000);
      assert.ok(stream.isClosed);
    });
  }
});

Deno.test("a client that connects after a long silence has its thirty seconds", async () => {
  const clock = new FakeClock();
  const stream = new ScriptedStream([], "wait");
  const arrival = Promise.withResolvers<ScriptedStream>();
  const never = new Promise<never>(() => {});
  let count = 0;
  const server = new Server(
    { accept: () => count++ === 0 ? arrival.promise : never, close() {} },
    {
      now: clock.now,
      sleep: clock.sleep,
      handle: () => Promise.resolve({ answer: answerOf(null), ended() {} }),
      refuse: () => ({ answer: answerOf(null), ended() {} }),
      isDraining: () => false,
      onTrouble() {},
      hasRoom: () => true,
      shed: () => ({ answer: answerOf(null), ended() {} }),
    },
  );
  server.run();
  await clock.advance(3_600_000);
  arrival.resolve(stream);
  await settle();
  await clock.advance(20_000);
  assert.equal(stream.isClosed, false);
  server.close();
});

Deno.test("LogWriter tells the number of lines that are missing, where telling is a line as well", async () => {
  const clock = new FakeClock();
  const reader = Promise.withResolvers<void>();
  const written: string[] = [];
  const err = async (text: string) => {
    await reader.promise;
    written.push(text);
  };
  const { terminal } = fakeSystem();
  const writer: LogWriter = new LogWriter(
    { sleep: clock.sleep, terminal: { ...terminal, err } },
    (count) => writer.write(`${count} lines are missing\n`),
  );
  writer.write("first\n");
  await settle();
  for (let i = 0; i < 1030; i++) writer.write("x".repeat(1023) + "\n");
  reader.resolve();
  await settle();
  await clock.advance(100);
  assert.deepEqual(written.join("").match(/\d+ lines are missing/g), ["6 lines are missing"]);
});

Deno.test("an answer of a known length that is cancelled is not told to be complete", async () => {
  const pulled = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new Uint8Array(3)),
  });
  const stream = new ScriptedStream(["GET / HTTP/1.1\r\nhost: h\r\n\r\n"], "wait");
  const { connection, ends, over } = serve(
    stream,
    () => Promise.resolve(answerOf(new StreamBody(pulled, 9))),
  );
  await settleStreams();
  connection.close();
  await over;
  assert.deepEqual(ends, [{ bytes: 3, end: "client_gone" }]);
});

Deno.test("a client is not asked for its body behind its answer", async () => {
  const head = "POST / HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n";
  const stream = new ScriptedStream([head], "wait");
  // As a connection does that breaks off while the head of the request is written.
  const { connection, over } = serve(stream, ({ body }) => {
    body!.take();
    return Promise.resolve(answerOf(new BytesBody(bytesOf("no"))));
  });
  await settleStreams();
  assert.doesNotMatch(stream.written, /100 Continue/);
  assert.match(stream.written, /connection: close/);
  connection.close();
  await over;
});

Deno.test("a client that goes away in the middle of its request is known to be gone", async (t) => {
  for (const end of ["end", "fail"] as const) {
    await t.step(end, async () => {
      let wasGone: boolean | undefined;
      const stream = new ScriptedStream(["POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nabc"], end);
      const { over, ends } = serve(stream, async ({ body, signal }) => {
        try {
          while (await body!.read() !== undefined);
        } catch {
          // The connection to the provider is closed then, too, which must not look like the provider's doing.
          wasGone = signal.aborted;
        }
        return answerOf(null);
      });
      await over;
      assert.equal(wasGone, true);
      assert.deepEqual(ends, [{ bytes: 0, end: "client_gone" }]);
    });
  }
});
