import assert from "node:assert/strict";
import { BytesBody } from "../../../lib/http/body.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import type { Answer } from "../../../lib/http/message.ts";
import { LINGER_TIME, ServerConnection } from "../../../lib/http/server_connection.ts";
import { type ServerRequest, type Transfer } from "../../../lib/http/service.ts";
import { duplex, type DuplexOptions } from "../../support/duplex.ts";
import { settle, settleStreams } from "../../support/fake_clock.ts";
import { bytesOf } from "../../support/scripted_stream.ts";

type Handle = (request: ServerRequest) => Promise<Answer>;

function answerOf(text: string, status = 200): Answer {
  const headers = new FieldList(["date"], ["now"]);
  return { status, reason: "R", headers, body: new BytesBody(bytesOf(text)) };
}

const tellUrl: Handle = ({ url }) => Promise.resolve(answerOf(url));

/** A connection to a client whose end the test holds. */
function connectionTo(handle: Handle, options?: DuplexOptions) {
  const [ours, client] = duplex(options);
  const requests: ServerRequest[] = [];
  const ends: Transfer[] = [];
  const ended = (transfer: Transfer) => void ends.push(transfer);
  const connection = new ServerConnection(ours, { now: 0 }, {
    async handle(request) {
      requests.push(request);
      return { answer: await handle(request), ended };
    },
    refuse: ({ status }) => ({ answer: answerOf("refused", status), ended }),
    isDraining: () => false,
  });
  const over = connection.run();
  return { ours, client, connection, over, requests, ends, written: () => ours.writes.join("") };
}

const GET = "GET /a HTTP/1.1\r\nhost: h\r\n\r\n";

/** How many answers a client gets that sends this and then waits, and the status of the last. */
const SENT: [what: string, sent: string, answers: number, last: number][] = [
  ["two requests", GET + GET, 2, 200],
  ["garbage behind a request", `${GET}garbage\r\n\r\n`, 2, 400],
  ["a request behind garbage", `garbage\r\n\r\n${GET}`, 1, 400],
  [
    "a request behind a body that is longer than it said",
    `POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\na{${GET}`,
    2,
    400,
  ],
  ["a request behind one that closes", `${GET.replace("host", "connection: close\r\nhost")}${GET}`, 1, 200],
  ["a request behind one of HTTP/1.0", `${GET.replace("1.1", "1.0")}${GET}`, 1, 200],
  [
    "a request in a body",
    `POST / HTTP/1.1\r\nhost: h\r\ncontent-length: ${GET.length}\r\n\r\n${GET}`,
    1,
    200,
  ],
  ["a request behind a length of 0", `POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n${GET}`, 2, 200],
  [
    "a request behind the last chunk",
    `POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${GET}`,
    2,
    200,
  ],
  [
    "a request behind a malformed chunk",
    `POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\nx\r\n${GET}`,
    1,
    200,
  ],
  [
    "chunks and a length",
    `POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n${GET}`,
    1,
    400,
  ],
  [
    "chunks over HTTP/1.0",
    `POST / HTTP/1.0\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${GET}`,
    1,
    400,
  ],
  ["a length with a sign", `POST / HTTP/1.1\r\nhost: h\r\ncontent-length: +1\r\n\r\na${GET}`, 1, 400],
  ["empty lines before a request", `\r\n\r\n${GET}`, 1, 200],
  ["empty lines between requests", `${GET}\r\n\r\n\r\n${GET}`, 2, 200],
  ["white space before the colon", "GET / HTTP/1.1\r\nhost : h\r\n\r\n", 1, 400],
  ["a folded field", "GET / HTTP/1.1\r\nhost: h\r\nx: a\r\n b\r\n\r\n", 1, 400],
  ["a NUL", "GET / HTTP/1.1\r\nhost: h\r\nx: \0\r\n\r\n", 1, 400],
  ["a CR in a field", "GET / HTTP/1.1\r\nhost: h\r\nx: a\rb\r\n\r\n", 1, 400],
  ["a request of HTTP/0.9", "GET /\r\n\r\n", 1, 400],
  ["a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 1, 400],
  ["half a request", GET.slice(0, -2), 0, 0],
  ["nothing", "", 0, 0],
];

Deno.test("every request gets one answer, and nothing is answered that is none, for", async (t) => {
  for (const [what, sent, answers, last] of SENT) {
    for (const isWhole of [true, false]) {
      await t.step(`${what}, ${isWhole ? "in one piece" : "byte by byte"}`, async () => {
        // Bodies are read here, so that both ways of arriving come to the same.
        const { client, connection, over, written } = connectionTo(async ({ url, body }) => {
          try {
            while (await body?.read() !== undefined);
          } catch {
            // As a handler does that answers all the same.
          }
          return answerOf(url);
        });
        const pieces = isWhole ? [sent] : [...sent];
        for (const piece of pieces) {
          await client.write(bytesOf(piece)).catch(() => {});
          if (!isWhole) await settle();
        }
        await settleStreams();
        const statuses = [...written().matchAll(/HTTP\/1\.1 (\d+) R/g)].map(([, status]) => Number(status));
        assert.deepEqual([statuses.length, statuses.at(-1) ?? 0], [answers, last]);
        if (last === 400) assert.match(written(), /connection: close\r\n\r\nrefused$/);
        connection.close();
        await over;
      });
    }
  }
});

Deno.test("a client that goes away before its request is whole is not answered", async (t) => {
  for (let length = 0; length < GET.length; length++) {
    const { client, over, ours, requests } = connectionTo(tellUrl);
    await client.write(bytesOf(GET.slice(0, length)));
    await client.closeWrite();
    await over;
    assert.deepEqual([requests.length, ours.writes.length, ours.isClosed], [0, 0, true]);
  }
  await t.step("and one that resets neither", async () => {
    const { client, over, ours } = connectionTo(tellUrl);
    await client.write(bytesOf("GET"));
    client.close();
    await over;
    assert.ok(ours.isClosed);
  });
});

Deno.test("a client that takes nothing is served no further, and is told to be gone when it closes", async () => {
  const { client, ends, over, requests } = connectionTo(() => Promise.resolve(answerOf("x".repeat(1000))), {
    room: 200,
  });
  await client.write(bytesOf(GET.repeat(5)));
  await settleStreams();
  assert.equal(requests.length, 1);
  client.close();
  await over;
  assert.deepEqual(ends, [{ bytes: 0, end: "client_gone" }]);
  assert.ok(requests[0]!.signal.aborted);
});

Deno.test("a client that was refused may go on sending for a while, up to 4 MiB", async (t) => {
  const piece = new Uint8Array(1 << 16);
  await t.step("until it ends", async () => {
    const { client, over, ours, connection } = connectionTo(tellUrl);
    await client.write(bytesOf("garbage\r\n\r\n"));
    await settleStreams();
    assert.deepEqual([ours.isHalfClosed, ours.isClosed, connection.deadline], [true, false, LINGER_TIME]);
    await client.write(piece);
    await settleStreams();
    assert.equal(ours.isClosed, false);
    await client.closeWrite();
    await over;
    assert.ok(ours.isClosed);
  });
  await t.step("or until it is too much", async () => {
    const { client, over, ours } = connectionTo(tellUrl);
    await client.write(bytesOf("garbage\r\n\r\n"));
    await settleStreams();
    for (let sent = piece.length; sent < 4 << 20; sent += piece.length) await client.write(piece);
    await settleStreams();
    assert.equal(ours.isClosed, false);
    for (let more = 0; more < 4; more++) {
      await client.write(piece).catch(() => {});
      await settleStreams();
    }
    await over;
    assert.ok(ours.isClosed);
  });
  await t.step("or until its time is over", async () => {
    const { client, over, ours, connection } = connectionTo(tellUrl);
    await client.write(bytesOf("garbage\r\n\r\n"));
    await settleStreams();
    connection.expire();
    await over;
    assert.ok(ours.isClosed);
  });
});
