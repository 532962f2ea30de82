import assert from "node:assert/strict";
import { type Body, BytesBody } from "../../../lib/http/body.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import type { Answer } from "../../../lib/http/message.ts";
import {
  HEAD_TIME,
  IDLE_TIME,
  LINGER_TIME,
  ServerConnection,
  TOTAL_TIME,
} from "../../../lib/http/server_connection.ts";
import { type ServerRequest, type Transfer } from "../../../lib/http/service.ts";
import { settleStreams } from "../../support/fake_clock.ts";
import { bytesOf, latin1, ScriptedStream } from "../../support/scripted_stream.ts";

type Handle = (request: ServerRequest) => Promise<Answer>;

function answerWith(text: string): Answer {
  const headers = new FieldList(["date"], ["now"]);
  return { status: 200, reason: "OK", headers, body: new BytesBody(bytesOf(text)) };
}

/** An answer whose length is not known before its end. */
function unmeasured(text: string): Answer {
  const parts = [bytesOf(text)];
  const body: Body = {
    length: undefined,
    done: false,
    take: () => parts.shift(),
    read: () => Promise.resolve(undefined),
    cancel() {},
  };
  return { ...answerWith(""), body };
}

/** Serves a connection whose client sends these pieces; what was asked is recorded. */
function serve(pieces: readonly string[], handle: Handle, end: "end" | "fail" | "wait" = "wait") {
  const stream = new ScriptedStream(pieces, end);
  const requests: ServerRequest[] = [];
  const ends: Transfer[] = [];
  const clock = { now: 0 };
  const state = { isDraining: false };
  const connection = new ServerConnection(stream, clock, {
    async handle(request) {
      requests.push(request);
      return { answer: await handle(request), ended: (transfer) => void ends.push(transfer) };
    },
    refuse: ({ status }) => {
      const answer = { status, reason: "No", headers: new FieldList(["date"], ["now"]), body: null };
      return { answer, ended: (transfer) => void ends.push(transfer) };
    },
    isDraining: () => state.isDraining,
  });
  return { stream, requests, ends, clock, state, connection, over: connection.run() };
}

async function textOf(body: Body | null): Promise<string> {
  let text = "";
  for (let part = await body?.read(); part !== undefined; part = await body!.read()) text += latin1(part);
  return text;
}

const echo: Handle = async ({ method, url, body }) => answerWith(`${method} ${url} ${await textOf(body)}`);
const GET = "GET /a HTTP/1.1\r\nhost: h\r\n\r\n";
const HEAD = "HTTP/1.1 200 OK\r\ndate: now\r\n";

const ANSWERS: [what: string, request: string, answer: Answer, written: string][] = [
  ["a length", GET, answerWith("abc"), `${HEAD}content-length: 3\r\n\r\nabc`],
  [
    "no known length",
    GET,
    unmeasured("abc"),
    `${HEAD}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
  ],
  ["no body", GET, { ...answerWith(""), body: null }, `${HEAD}content-length: 0\r\n\r\n`],
  ["HEAD", GET.replace("GET", "HEAD"), {
    ...answerWith(""),
    headers: new FieldList(["date", "content-length"], ["now", "7"]),
    body: null,
  }, `${HEAD}content-length: 7\r\n\r\n`],
  ["204", GET, { ...answerWith(""), status: 204, body: null }, "HTTP/1.1 204 OK\r\ndate: now\r\n\r\n"],
  ["304 with a length", GET, {
    ...answerWith(""),
    status: 304,
    headers: new FieldList(["date", "content-length"], ["now", "7"]),
    body: null,
  }, "HTTP/1.1 304 OK\r\ndate: now\r\ncontent-length: 7\r\n\r\n"],
  ["a length that was wrong", GET, {
    ...answerWith("abc"),
    headers: new FieldList(["date", "content-length"], ["now", "99"]),
  }, `${HEAD}content-length: 3\r\n\r\nabc`],
  [
    "HTTP/1.0",
    GET.replace("1.1", "1.0"),
    unmeasured("abc"),
    `${HEAD}connection: close\r\n\r\nabc`,
  ],
  [
    "connection: close",
    GET.replace("host", "connection: close\r\nhost"),
    answerWith("abc"),
    `${HEAD}content-length: 3\r\nconnection: close\r\n\r\nabc`,
  ],
];

Deno.test("an answer is framed by us, as the request allows", async (t) => {
  for (const [what, request, answer, written] of ANSWERS) {
    await t.step(what, async () => {
      const { stream, over, connection } = serve([request], () => Promise.resolve(answer));
      await settleStreams();
      assert.equal(stream.written, written);
      assert.equal(
        stream.writes.length,
        answer.body?.length === undefined && /chunked/.test(written) ? 2 : 1,
      );
      connection.close();
      await over;
    });
  }
});

Deno.test("requests are answered in their order, also when they come at once", async (t) => {
  const posts = Array.from(
    { length: 50 },
    (_, i) => `POST /${i} HTTP/1.1\r\nhost: h\r\ncontent-length: ${String(i).length}\r\n\r\n${i}`,
  ).join("");
  for (const [what, pieces] of [["in one piece", [posts]], ["byte by byte", [...posts]]] as const) {
    await t.step(what, async () => {
      const { stream, over, connection, requests } = serve(pieces, echo);
      while (requests.length < 50) await settleStreams();
      await settleStreams();
      const bodies = stream.written.split(/HTTP\/1\.1 200[^]*?\r\n\r\n/).slice(1);
      assert.deepEqual(bodies, Array.from({ length: 50 }, (_, i) => `POST http://h/${i} ${i}`));
      connection.close();
      await over;
    });
  }
});

const TARGETS: [line: string, url: string][] = [
  ["GET /a?b=c", "http://h/a?b=c"],
  ["GET //a/../b", "http://h//a/../b"],
  ["OPTIONS *", "http://h/*"],
  ["GET http://h/x", "http://h/x"],
  ["GET https://evil/x", "https://evil/x"],
  ["CONNECT evil:443", "evil:443"],
];

Deno.test("the handler sees the target as it was sent", async (t) => {
  for (const [line, url] of TARGETS) {
    await t.step(line, async () => {
      const { requests, over, connection } = serve([`${line} HTTP/1.1\r\nhost: h\r\n\r\n`], echo);
      await settleStreams();
      assert.equal(requests[0]!.url, url);
      connection.close();
      await over;
    });
  }
});

const MALFORMED: [what: string, request: string, status: number][] = [
  ["garbage", "x\r\n\r\n", 400],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\n", 505],
  ["a bare LF", "GET / HTTP/1.1\nhost: h\r\n\r\n", 400],
  ["two lengths", "POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx", 400],
  ["a length and chunks", "POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", 400],
  ["another coding", "POST / HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n", 501],
  ["two Hosts", "GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", 400],
  ["10,000 fields", `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(10_000)}\r\n`, 431],
  ["a long head", `GET / HTTP/1.1\r\na: ${"b".repeat(70_000)}`, 431],
];

Deno.test("what is no request is refused, and its connection closed once the client has seen that", async (t) => {
  for (const [what, request, status] of MALFORMED) {
    await t.step(what, async () => {
      const { stream, requests, over, clock, connection } = serve([request], echo);
      await settleStreams();
      assert.match(stream.written, new RegExp(`^HTTP/1\\.1 ${status} .*connection: close\\r\\n\\r\\n$`, "s"));
      assert.deepEqual([requests.length, stream.isHalfClosed, stream.isClosed], [0, true, false]);
      assert.equal(connection.deadline, clock.now + LINGER_TIME);
      connection.expire();
      await over;
      assert.ok(stream.isClosed);
    });
  }
});

const POST = "POST / HTTP/1.1\r\nhost: h\r\n";

Deno.test("a client that waits to be asked for its body is asked when somebody wants it", async (t) => {
  const expecting = `${POST}expect: 100-continue\r\ncontent-length: 3\r\n\r\n`;
  await t.step("and not before", async () => {
    const wanted = Promise.withResolvers<void>();
    const { stream, over, connection } = serve([expecting], async (request) => {
      await wanted.promise;
      return await echo(request);
    });
    await settleStreams();
    assert.equal(stream.written, "");
    wanted.resolve();
    await settleStreams();
    assert.equal(stream.written, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.send("abc");
    await settleStreams();
    assert.match(stream.written, /POST http:\/\/h\/ abc$/);
    connection.close();
    await over;
  });
  const rows: [what: string, request: string][] = [
    ["not when it is there", `${expecting}abc`],
    ["not over HTTP/1.0", `${expecting.replace("1.1", "1.0")}abc`],
  ];
  for (const [what, request] of rows) {
    await t.step(what, async () => {
      const { stream, over, connection } = serve([request], echo);
      await settleStreams();
      assert.doesNotMatch(stream.written, /100 Continue/);
      connection.close();
      await over;
    });
  }
  await t.step("not when nobody wants it, and then it can't be waited for", async () => {
    const { stream, over, connection } = serve([expecting], () => Promise.resolve(answerWith("no")));
    await settleStreams();
    assert.match(stream.written, /^HTTP\/1\.1 200 [^]*connection: close\r\n\r\nno$/);
    connection.close();
    await over;
  });
});

Deno.test("a body that nobody wanted does not stand in the way of the next request", async (t) => {
  const refuse: Handle = ({ url }) => Promise.resolve(answerWith(url));
  await t.step("when it is there", async () => {
    const { requests, over, connection } = serve([`${POST}content-length: 3\r\n\r\nabc${GET}`], refuse);
    await settleStreams();
    assert.deepEqual(requests.map(({ url }) => url), ["http://h/", "http://h/a"]);
    connection.close();
    await over;
  });
  await t.step("when it is still to come: the connection ends behind the answer", async () => {
    const { requests, over, stream } = serve([`${POST}content-length: 9\r\n\r\nabc`], refuse);
    await settleStreams();
    assert.match(stream.written, /connection: close/);
    stream.send(`defghi${GET}`);
    await settleStreams();
    assert.equal(requests.length, 1);
    for (let i = 0; i < 5; i++) stream.send("x".repeat(1 << 20));
    await over;
    assert.ok(stream.isClosed);
  });
});

Deno.test("a client that goes away ends what is done for it", async (t) => {
  for (const end of ["end", "fail"] as const) {
    await t.step(`while the answer is made: ${end}`, async () => {
      const { requests, over, ends } = serve([GET], async ({ signal }) => {
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        return answerWith("late");
      }, end);
      await over;
      assert.ok(requests[0]!.signal.aborted);
      assert.deepEqual(ends, [{ bytes: 0, end: "client_gone" }]);
    });
    await t.step(`in the middle of it: ${end}`, async () => {
      let cancelled = false;
      const gone = Promise.withResolvers<never>();
      gone.promise.catch(() => {});
      const body: Body = {
        length: undefined,
        done: false,
        take: () => undefined,
        read: () => gone.promise,
        cancel() {
          cancelled = true;
          gone.reject(new Error("cancelled"));
        },
      };
      const { over, ends } = serve([GET], () => Promise.resolve({ ...answerWith(""), body }), end);
      await over;
      assert.ok(cancelled);
      assert.deepEqual(ends, [{ bytes: 0, end: "client_gone" }]);
    });
  }
});

Deno.test("an answer that breaks off is not ended as if it were whole", async (t) => {
  for (const length of [undefined, 9]) {
    await t.step(String(length), async () => {
      const parts = [bytesOf("abc")];
      const body: Body = {
        length,
        done: false,
        take: () => parts.shift(),
        read: () => Promise.reject(new Error("broken")),
        cancel() {},
      };
      const { over, ends, stream } = serve([GET + GET], () => Promise.resolve({ ...answerWith(""), body }));
      await over;
      assert.deepEqual(ends, [{ bytes: 3, end: "upstream_broke_off" }]);
      assert.match(stream.written, length === undefined ? /3\r\nabc\r\n$/ : /abc$/);
      assert.ok(stream.isClosed);
    });
  }
});

Deno.test("a connection has its times", async (t) => {
  await t.step("for the first head", () => {
    const { connection } = serve([], echo);
    assert.equal(connection.deadline, HEAD_TIME);
    connection.close();
  });
  await t.step("hours while it is served, and minutes behind the answer", async () => {
    const answered = Promise.withResolvers<Answer>();
    const { connection, over } = serve([GET], () => answered.promise);
    await settleStreams();
    assert.equal(connection.deadline, TOTAL_TIME);
    answered.resolve(answerWith("x"));
    await settleStreams();
    assert.equal(connection.deadline, IDLE_TIME);
    connection.expire();
    await over;
  });
  await t.step("for half a head behind an answer", async () => {
    const { connection, over, stream } = serve([GET], echo);
    await settleStreams();
    stream.send("GET /");
    await settleStreams();
    assert.equal(connection.deadline, HEAD_TIME);
    connection.close();
    await over;
  });
});

Deno.test("a server that drains ends its connections behind the answer", async () => {
  const { stream, state, over } = serve([GET], echo);
  state.isDraining = true;
  await over;
  assert.match(stream.written, /connection: close/);
});
