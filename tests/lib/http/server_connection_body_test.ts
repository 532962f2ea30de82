import assert from "node:assert/strict";
import { type Body, BytesBody } from "../../../lib/http/body.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import type { Answer } from "../../../lib/http/message.ts";
import { LINGER_TIME, ServerConnection } from "../../../lib/http/server_connection.ts";
import { type ServerRequest, type Transfer } from "../../../lib/http/service.ts";
import { duplex } from "../../support/duplex.ts";
import { settleStreams } from "../../support/fake_clock.ts";
import { bytesOf, latin1, ScriptedStream } from "../../support/scripted_stream.ts";

type Handle = (request: ServerRequest) => Promise<Answer>;

function answerOf(body: Body | string): Answer {
  const content = typeof body === "string" ? new BytesBody(bytesOf(body)) : body;
  return { status: 200, reason: "R", headers: new FieldList(["date"], ["now"]), body: content };
}

/** A connection of which the test moves the client. */
function connectionOf(sent: string, handle: Handle) {
  const stream = new ScriptedStream([sent], "wait");
  const requests: ServerRequest[] = [];
  const ends: Transfer[] = [];
  const ended = (transfer: Transfer) => void ends.push(transfer);
  const connection = new ServerConnection(stream, { now: 0 }, {
    async handle(request) {
      requests.push(request);
      return { answer: await handle(request), ended };
    },
    refuse: ({ status }) => ({ answer: { ...answerOf("refused"), status }, ended }),
    isDraining: () => false,
  });
  return { stream, connection, requests, ends, over: connection.run() };
}

const GET = "GET /next HTTP/1.1\r\nhost: h\r\n\r\n";
const LENGTH = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\n";
const CHUNKS = "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";

/** Answers as soon as the first piece of the body has come. */
const early: Handle = async ({ url, body }) => {
  await body?.read();
  return answerOf(url);
};

const EARLY: [what: string, sent: string, rest: string][] = [
  ["of a length", `${LENGTH}abc`, "defghi"],
  ["of a length, in hand", `${LENGTH}abcdefghi`, ""],
  ["in chunks", `${CHUNKS}3\r\nabc\r\n`, "3\r\ndef\r\n0\r\n\r\n"],
  ["in chunks, but for the end", `${CHUNKS}3\r\nabc\r\n0\r\n`, "\r\n"],
  [
    "in chunks that hold a request",
    `${CHUNKS}3\r\nabc\r\n`,
    `${GET.length.toString(16)}\r\n${GET}\r\n0\r\n\r\n`,
  ],
];

Deno.test("the rest of a body that was answered early is no request, and the next one is", async (t) => {
  for (const [what, sent, rest] of EARLY) {
    await t.step(what, async () => {
      const { stream, requests, connection, over } = connectionOf(sent, early);
      await settleStreams();
      assert.equal(requests.length, 1);
      assert.match(stream.written, /R\r\ndate: now\r\ncontent-length: 9\r\n\r\nhttp:\/\/h\/$/);
      for (const byte of rest + GET) stream.send(byte);
      for (let turn = 0; turn < 20 && requests.length < 2; turn++) await settleStreams();
      await settleStreams();
      assert.deepEqual(requests.map(({ url }) => url), ["http://h/", "http://h/next"]);
      assert.equal(stream.written.split("HTTP/1.1 ").length - 1, 2);
      connection.close();
      await over;
    });
  }
});

Deno.test("the rest of a body that was answered early has limits", async (t) => {
  await t.step("of time", async () => {
    const { stream, connection, over } = connectionOf(`${LENGTH}abc`, early);
    await settleStreams();
    assert.equal(connection.deadline, LINGER_TIME);
    connection.expire();
    await over;
    assert.ok(stream.isClosed);
  });
  await t.step("of size", async () => {
    const huge = LENGTH.replace("9", String(100 << 20));
    const { stream, over, requests } = connectionOf(`${huge}abc`, early);
    await settleStreams();
    for (let i = 0; i < 5; i++) stream.send("x".repeat(1 << 20));
    await over;
    assert.deepEqual([stream.isClosed, requests.length], [true, 1]);
  });
  await t.step("of form", async () => {
    const { stream, over, requests } = connectionOf(`${CHUNKS}3\r\nabc\r\n`, early);
    await settleStreams();
    stream.send(`x\r\n${GET}`);
    await over;
    assert.deepEqual([stream.isClosed, requests.length], [true, 1]);
  });
});

Deno.test("a body is given as it comes, and is over at its end", async () => {
  const parts: string[] = [];
  const { stream, connection, over } = connectionOf(CHUNKS, async ({ body }) => {
    for (let part = await body!.read(); part !== undefined; part = await body!.read()) {
      parts.push(latin1(part));
    }
    return answerOf(String(body!.done));
  });
  for (const piece of ["2\r\nab\r\n", "1\r\nc\r", "\n3;x=y\r\nd", "ef\r\n0\r\n\r\n"]) {
    await settleStreams();
    stream.send(piece);
  }
  await settleStreams();
  assert.deepEqual(parts, ["ab", "c", "d", "ef"]);
  assert.match(stream.written, /\r\n\r\ntrue$/);
  connection.close();
  await over;
});

const CLOSING: [what: string, sent: string, close: "end" | "close" | "expire"][] = [
  ["its client ends", GET, "end"],
  ["its client ends behind its body", `${LENGTH}abcdefghi`, "end"],
  ["its client closes", GET, "close"],
  ["it is closed", GET, "expire"],
];

Deno.test("an answer is cancelled, and told to have been, when in the middle of it", async (t) => {
  for (const [what, sent, close] of CLOSING) {
    for (const length of [undefined, 99]) {
      await t.step(`${what}, ${length === undefined ? "in chunks" : "of a length"}`, async () => {
        const [ours, client] = duplex();
        await client.write(bytesOf(sent));
        const hold = Promise.withResolvers<undefined>();
        let cancels = 0;
        const parts = [bytesOf("abc")];
        const body: Body = {
          length,
          done: false,
          take: () => parts.shift(),
          read: () => hold.promise,
          cancel() {
            cancels++;
            hold.reject(new Error("cancelled"));
          },
        };
        const ends: Transfer[] = [];
        let signal: AbortSignal | undefined;
        const connection = new ServerConnection(ours, { now: 0 }, {
          async handle(request) {
            signal = request.signal;
            // Only behind its body a client can be seen to have gone.
            while (await request.body?.read() !== undefined);
            return { answer: answerOf(body), ended: (transfer) => void ends.push(transfer) };
          },
          refuse: () => assert.fail("nothing is to be refused"),
          isDraining: () => false,
        });
        const over = connection.run();
        await settleStreams();
        assert.match(ours.writes.join(""), /abc(\r\n)?$/);
        assert.equal(ends.length, 0);
        if (close === "end") await client.closeWrite();
        else if (close === "close") client.close();
        else connection.expire();
        await over;
        assert.ok(cancels > 0 && signal!.aborted && ours.isClosed);
        assert.equal(ends.length, 1);
        assert.deepEqual(ends[0], { bytes: 3, end: "client_gone" });
        assert.doesNotMatch(ours.writes.join(""), /0\r\n\r\n$/);
      });
    }
  }
});

Deno.test("the body of an answer that may have none is not sent, but cancelled", async (t) => {
  for (const [method, status] of [["HEAD", 200], ["GET", 204], ["GET", 304]] as const) {
    await t.step(`${method} ${status}`, async () => {
      let cancels = 0;
      const body: Body = Object.assign(new BytesBody(bytesOf("abc")), { cancel: () => void cancels++ });
      const { stream, connection, over, ends } = connectionOf(
        GET.replace("GET", method),
        () => Promise.resolve({ ...answerOf(body), status }),
      );
      await settleStreams();
      assert.match(stream.written, /\r\n\r\n$/);
      assert.deepEqual([cancels, ends], [1, [{ bytes: 0, end: "complete" }]]);
      connection.close();
      await over;
    });
  }
});
