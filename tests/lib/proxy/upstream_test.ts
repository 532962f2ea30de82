import assert from "node:assert/strict";
import { SILENCE_TIME } from "../../../lib/http/client_connection.ts";
import { BytesBody } from "../../../lib/http/body.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import { IDLE_TIME, MAX_IDLE } from "../../../lib/http/pool.ts";
import { streamOf } from "../../../lib/http/stream_body.ts";
import { Recorder } from "../../../lib/proxy/replay.ts";
import { makeUpstream, type Upstream, type UpstreamRequest } from "../../../lib/proxy/upstream.ts";
import { FakeClock, settleStreams } from "../../support/fake_clock.ts";
import { bytesOf, ScriptedStream } from "../../support/scripted_stream.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** An upstream whose connections a test makes, one after the other; one that is missing can't be made. */
function setUp(streams: readonly ScriptedStream[], env: Readonly<Record<string, string>> = {}) {
  const clock = new FakeClock();
  const left = [...streams];
  const connected: string[] = [];
  const fetched: UpstreamRequest[] = [];
  const system = {
    now: clock.now,
    sleep: clock.sleep,
    env: (name: string) => env[name],
    connectTls(host: string) {
      connected.push(host);
      const next = left.shift();
      return next === undefined ? Promise.reject(new Error("unreachable")) : Promise.resolve(next);
    },
  };
  const ways: (string | undefined)[] = [];
  const upstream = makeUpstream(system, (request, via) => {
    fetched.push(request);
    ways.push(via);
    return Promise.resolve({ status: 299, reason: "", headers: new FieldList(), body: null });
  });
  return { upstream, clock, connected, fetched, ways };
}

function requestOf(changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    url: new URL("https://h.test/v1?x=canary"),
    method: "POST",
    headers: new FieldList(),
    credential: bytesOf("authorization: Bearer canary\r\n"),
    body: null,
    signal: new AbortController().signal,
    ...changes,
  };
}

function bodyOf(text: string, length: number | undefined = text.length) {
  const body = new BytesBody(bytesOf(text));
  return new Recorder().record(Object.assign(body, { length: length as number }));
}

/** Sends a request and reads its answer to the end. */
async function exchange(upstream: Upstream, changes: Partial<UpstreamRequest> = {}): Promise<string> {
  const { status, body } = await upstream(requestOf(changes));
  return `${status} ${body === null ? "" : await new Response(streamOf(body)).text()}`;
}

/** Connections of which the first has served a request already. */
async function usedOnce(...later: ScriptedStream[]) {
  const first = new ScriptedStream([OK], "wait");
  const box = setUp([first, ...later]);
  assert.equal(await exchange(box.upstream), "200 ok");
  await settleStreams();
  return { ...box, first };
}

Deno.test("a connection is used again, for its own host only", async () => {
  const { upstream, first, connected } = await usedOnce(new ScriptedStream([OK], "wait"));
  const again = exchange(upstream);
  await settleStreams();
  first.send(OK);
  assert.equal(await again, "200 ok");
  assert.equal(await exchange(upstream, { url: new URL("https://other.test/") }), "200 ok");
  assert.deepEqual(connected, ["h.test", "other.test"]);
  assert.equal(first.writes.length, 2);
});

Deno.test("what comes on an idle connection is never taken for an answer", async (t) => {
  for (const stray of ["x", OK, "HTTP/1.1 408 Timeout\r\nconnection: close\r\n\r\n"]) {
    await t.step(JSON.stringify(stray), async () => {
      const { upstream, first, connected } = await usedOnce(
        new ScriptedStream([OK.replace("ok", "ab")], "wait"),
      );
      first.send(stray);
      await settleStreams();
      assert.ok(first.isClosed);
      assert.equal(await exchange(upstream), "200 ab");
      assert.deepEqual(connected, ["h.test", "h.test"]);
    });
  }
});

const KEPT: [what: string, body: () => UpstreamRequest["body"], written: string][] = [
  ["no body", () => null, "content-length: 0\r\nauthorization: Bearer canary\r\n\r\n"],
  ["a body", () => bodyOf("abc"), "content-length: 3\r\nauthorization: Bearer canary\r\n\r\nabc"],
];

Deno.test("a request is sent once more when a connection turns out to have ended", async (t) => {
  for (const [what, body, written] of KEPT) {
    await t.step(what, async () => {
      const fresh = new ScriptedStream([OK], "wait");
      const { upstream, first, connected } = await usedOnce(fresh);
      const answer = exchange(upstream, { body: body() });
      await settleStreams();
      first.close();
      assert.equal(await answer, "200 ok");
      assert.ok(first.writes[1]!.endsWith(written));
      assert.equal(fresh.writes[0], first.writes[1]);
      assert.equal(connected.length, 2);
    });
  }
});

Deno.test("a request is never sent twice otherwise", async (t) => {
  const never = () => new ScriptedStream([OK], "wait");
  await t.step("over a connection that is new", async () => {
    const { upstream, connected } = setUp([new ScriptedStream([], "end"), never()]);
    await assert.rejects(exchange(upstream), { code: "upstream_failed" });
    assert.equal(connected.length, 1);
  });
  await t.step("a second time", async () => {
    const { upstream, first, connected } = await usedOnce(new ScriptedStream([], "end"), never());
    const answer = exchange(upstream);
    await settleStreams();
    first.close();
    await assert.rejects(answer, { code: "upstream_failed" });
    assert.equal(connected.length, 2);
  });
  for (const begun of ["H", OK.slice(0, -3), "HTTP/1.1 103 E\r\n\r\n"]) {
    await t.step(`when ${begun.length} bytes of an answer had come`, async () => {
      const { upstream, first, connected } = await usedOnce(never());
      const answer = exchange(upstream);
      await settleStreams();
      first.send(begun);
      await settleStreams();
      first.close();
      await assert.rejects(answer, { code: "upstream_failed" });
      assert.equal(connected.length, 1);
    });
  }
  await t.step("when the client is gone", async () => {
    const { upstream, connected } = await usedOnce(never());
    const client = new AbortController();
    const answer = exchange(upstream, { signal: client.signal });
    await settleStreams();
    client.abort();
    await assert.rejects(answer, { code: "upstream_failed", message: "The client went away" });
    assert.equal(connected.length, 1);
  });
  await t.step("when its time is over", async () => {
    const { upstream, connected, clock } = await usedOnce(never());
    const answer = exchange(upstream);
    const refused = assert.rejects(answer, { code: "upstream_timeout" });
    await clock.advance(SILENCE_TIME + 2000);
    await refused;
    assert.equal(connected.length, 1);
  });
});

Deno.test("a body that can't be kept goes over a connection of its own", async (t) => {
  const long = (4 << 20) + 1;
  const rows: [what: string, body: UpstreamRequest["body"]][] = [
    [
      "of unknown length",
      new Recorder().record({
        length: undefined,
        done: true,
        take: () => undefined,
        read: () => Promise.resolve(undefined),
        cancel() {},
      }),
    ],
    ["above 4 MiB", bodyOf("x".repeat(long))],
  ];
  for (const [what, body] of rows) {
    await t.step(what, async () => {
      const { upstream, connected, first } = await usedOnce(new ScriptedStream([OK], "wait"));
      assert.equal(await exchange(upstream, { body }), "200 ok");
      assert.equal(connected.length, 2);
      assert.equal(first.writes.length, 1);
    });
  }
});

Deno.test("a host that can't be reached directly is left to fetch for a minute", async () => {
  const { upstream, connected, fetched, clock } = setUp([]);
  const body = bodyOf("abc");
  assert.equal(await exchange(upstream, { body }), "299 ");
  assert.equal(fetched[0]!.body, body);
  assert.equal(fetched[0]!.headers.get("accept-encoding"), "identity");
  assert.equal(await exchange(upstream), "299 ");
  assert.deepEqual([connected.length, fetched.length], [1, 2]);
  await clock.advance(60_000);
  assert.equal(await exchange(upstream), "299 ");
  assert.deepEqual([connected.length, fetched.length], [2, 3]);
});

Deno.test("where a proxy is named, everything is left to fetch", async (t) => {
  for (const name of ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]) {
    await t.step(name, async () => {
      const { upstream, connected, fetched, ways } = setUp([], { [name]: "http://proxy" });
      assert.equal(await exchange(upstream), "299 ");
      assert.deepEqual([connected.length, fetched.length], [0, 1]);
      assert.deepEqual(ways, [name]);
    });
  }
});

Deno.test("a host that NO_PROXY excepts is not reached through the proxy", async () => {
  const { upstream, ways } = setUp([], { HTTPS_PROXY: "http://proxy", NO_PROXY: "h.test" });
  await exchange(upstream);
  assert.deepEqual(ways, [undefined]);
});

Deno.test("idle connections end before the other side ends them, and are few", async (t) => {
  await t.step("in time", async () => {
    const { first, clock } = await usedOnce();
    await clock.advance(IDLE_TIME - 2000);
    assert.equal(first.isClosed, false);
    await clock.advance(4000);
    assert.ok(first.isClosed);
  });
  await t.step("in number", async () => {
    const streams = Array.from({ length: MAX_IDLE + 3 }, () => new ScriptedStream([], "wait"));
    const { upstream } = setUp(streams);
    const answers = streams.map(() => exchange(upstream));
    await settleStreams();
    for (const stream of streams) stream.send(OK);
    await Promise.all(answers);
    await settleStreams();
    assert.equal(streams.filter(({ isClosed }) => !isClosed).length, MAX_IDLE);
  });
});

Deno.test("errors say nothing of what was sent and received", async (t) => {
  for (const answer of ["canary", "HTTP/1.1 200 OK\r\ncanary\r\n\r\n", "HTTP/1.1 canary OK\r\n\r\n", ""]) {
    await t.step(JSON.stringify(answer), async () => {
      const { upstream } = setUp([new ScriptedStream([answer], "end")]);
      await assert.rejects(exchange(upstream, { body: bodyOf("canary") }), (error: Error) => {
        assert.doesNotMatch(error.message, /canary/);
        return /h\.test/.test(error.message);
      });
    });
  }
});
