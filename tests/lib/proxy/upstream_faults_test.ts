import assert from "node:assert/strict";
import { SILENCE_TIME } from "../../../lib/http/client_connection.ts";
import { BytesBody } from "../../../lib/http/body.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import { SWEEP_TIME } from "../../../lib/http/sweeper.ts";
import { Recorder } from "../../../lib/proxy/replay.ts";
import { fetchUpstream } from "../../../lib/proxy/fetch_upstream.ts";
import type { Refusal } from "../../../lib/proxy/refusal.ts";
import { makeUpstream, type UpstreamRequest } from "../../../lib/proxy/upstream.ts";
import { duplex, type DuplexEnd } from "../../support/duplex.ts";
import { FakeClock, settleStreams } from "../../support/fake_clock.ts";
import { bytesOf, latin1 } from "../../support/scripted_stream.ts";

const EMPTY = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/** An upstream whose servers' ends the test holds; a host in `dead` can't be connected to. */
function setUp() {
  const clock = new FakeClock();
  const servers: DuplexEnd[] = [];
  const connected: string[] = [];
  const fetched: UpstreamRequest[] = [];
  const dead = new Set<string>();
  const state: { hold: Promise<void>; fails: string | undefined } = {
    hold: Promise.resolve(),
    fails: undefined,
  };
  const system = {
    now: clock.now,
    sleep: clock.sleep,
    env: () => undefined,
    async connectTls(host: string) {
      connected.push(host);
      await state.hold;
      if (state.fails !== undefined) throw new Error(state.fails);
      if (dead.has(host)) throw new Error("canary");
      const [ours, server] = duplex();
      servers.push(server);
      return ours;
    },
  };
  const upstream = makeUpstream(system, (request) => {
    fetched.push(request);
    return Promise.resolve({ status: 299, reason: "", headers: new FieldList(), body: null });
  });
  return { clock, upstream, servers, connected, fetched, dead, state };
}

function requestOf(changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    url: new URL("https://h.test/v1/canary?x=canary"),
    method: "GET",
    headers: new FieldList(),
    credential: bytesOf("authorization: Bearer canary\r\n"),
    body: null,
    signal: new AbortController().signal,
    ...changes,
  };
}

/** The error that this ends with, of which no part repeats what was sent or received. */
async function refusalOf(answering: Promise<unknown>): Promise<string> {
  const error = await answering.then(() => assert.fail("it was answered"), (error) => error);
  assert.doesNotMatch(`${error.message} ${error.hint} ${error.stack}`, /canary/);
  return error.code;
}

const BEGUN: [what: string, begun: string][] = [
  ["nothing", ""],
  ["a byte", "H"],
  ["half a head", "HTTP/1.1 200 OK\r\nx: canary"],
  ["only an early answer", "HTTP/1.1 103 E\r\nlink: canary\r\n\r\n"],
];

Deno.test("an answer that does not begin in time is waited for no longer", async (t) => {
  for (const [what, begun] of BEGUN) {
    await t.step(`${what} has come`, async () => {
      const { upstream, servers, clock, connected } = setUp();
      const refused = refusalOf(upstream(requestOf()));
      await settleStreams();
      await servers[0]!.write(bytesOf(begun));
      await clock.advance(SILENCE_TIME - SWEEP_TIME);
      assert.equal(await Promise.race([refused, settleStreams()]), undefined);
      await clock.advance(2 * SWEEP_TIME);
      assert.equal(await refused, "upstream_timeout");
      assert.equal(connected.length, 1);
    });
  }
  await t.step("one that drips has no more time", async () => {
    const { upstream, servers, clock } = setUp();
    const refused = refusalOf(upstream(requestOf()));
    await settleStreams();
    for (let minute = 0; minute <= 10; minute++) {
      await servers[0]!.write(bytesOf(minute === 0 ? "HTTP/1.1 200 OK\r\n" : "x: y\r\n")).catch(() => {});
      await clock.advance(60_000);
    }
    assert.equal(await refused, "upstream_timeout");
  });
});

Deno.test("an answer that has begun has all the time it needs", async () => {
  const { upstream, servers, clock } = setUp();
  const answering = upstream(requestOf());
  await settleStreams();
  await servers[0]!.write(bytesOf("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab"));
  const { body } = await answering;
  assert.equal(latin1((await body!.read())!), "ab");
  await clock.advance(10 * SILENCE_TIME);
  await servers[0]!.write(bytesOf("cd"));
  assert.equal(latin1((await body!.read())!), "cd");
});

Deno.test("a used connection gives the next request its full time", async () => {
  const { upstream, servers, clock, connected } = setUp();
  for (let i = 0; i < 3; i++) {
    const answering = upstream(requestOf());
    await settleStreams();
    await clock.advance(SILENCE_TIME - 2 * SWEEP_TIME);
    await servers[0]!.write(bytesOf(EMPTY));
    assert.equal((await answering).status, 200);
    await settleStreams();
  }
  assert.equal(connected.length, 1);
});

Deno.test("a client that goes away ends its own request, whenever that is, and no other", async (t) => {
  await t.step("before it begins", async () => {
    const { upstream, servers } = setUp();
    assert.equal(await refusalOf(upstream(requestOf({ signal: AbortSignal.abort() }))), "upstream_failed");
    for (const { writes } of servers) assert.deepEqual(writes, []);
  });
  await t.step("while it connects", async () => {
    const { upstream, state, servers } = setUp();
    const hold = Promise.withResolvers<void>();
    state.hold = hold.promise;
    const client = new AbortController();
    const refused = refusalOf(upstream(requestOf({ signal: client.signal })));
    client.abort();
    hold.resolve();
    assert.equal(await refused, "upstream_failed");
    await assert.rejects(servers[0]!.write(bytesOf("x")));
  });
  await t.step("behind its answer: the connection is another's then", async () => {
    const { upstream, servers, connected } = setUp();
    const client = new AbortController();
    const first = upstream(requestOf({ signal: client.signal }));
    await settleStreams();
    await servers[0]!.write(bytesOf(EMPTY));
    await first;
    await settleStreams();
    const second = upstream(requestOf());
    await settleStreams();
    client.abort();
    await servers[0]!.write(bytesOf(EMPTY));
    assert.equal((await second).status, 200);
    assert.equal(connected.length, 1);
  });
});

const MINUTE = 60_000;

Deno.test("a detour is that of one host, for a minute, and ends", async () => {
  const { upstream, servers, connected, fetched, dead, clock } = setUp();
  const other = { url: new URL("https://other.test/") };
  dead.add("other.test");
  const request = requestOf(other);
  assert.equal((await upstream(request)).status, 299);
  assert.deepEqual([fetched[0]!.url, fetched[0]!.method, fetched[0]!.signal], [
    request.url,
    "GET",
    request.signal,
  ]);
  assert.equal(latin1(fetched[0]!.credential), "authorization: Bearer canary\r\n");
  const answering = upstream(requestOf());
  await settleStreams();
  await servers[0]!.write(bytesOf(EMPTY));
  assert.equal((await answering).status, 200);
  dead.clear();
  await clock.advance(MINUTE - 1);
  assert.equal((await upstream(requestOf(other))).status, 299);
  assert.deepEqual(connected, ["other.test", "h.test"]);
  await clock.advance(1);
  const direct = upstream(requestOf(other));
  await settleStreams();
  await servers[1]!.write(bytesOf(EMPTY));
  assert.equal((await direct).status, 200);
  assert.equal(fetched.length, 2);
});

Deno.test("a request that is to be sent again goes by a detour when it can't be sent directly", async () => {
  const { upstream, servers, dead, fetched } = setUp();
  const first = upstream(requestOf());
  await settleStreams();
  await servers[0]!.write(bytesOf(EMPTY));
  await first;
  await settleStreams();
  dead.add("h.test");
  const text = "x".repeat(3000);
  const body = new Recorder().record(new BytesBody(bytesOf(text)));
  const second = upstream(requestOf({ method: "POST", body }));
  await settleStreams();
  servers[0]!.close();
  assert.equal((await second).status, 299);
  assert.equal(fetched.length, 1);
  assert.deepEqual([fetched[0]!.method, fetched[0]!.body!.length], ["POST", text.length]);
  assert.equal(latin1((await fetched[0]!.body!.read())!), text);
});

Deno.test("too many connections are said to be that, and make no detour", async () => {
  const { upstream, servers, state, connected, fetched } = setUp();
  const kept = upstream(requestOf());
  await settleStreams();
  await servers[0]!.write(bytesOf(EMPTY));
  assert.equal((await kept).status, 200);
  state.fails = "Too many open files (os error 24)";
  assert.equal(await refusalOf(upstream(requestOf({ url: new URL("https://other.test/") }))), "overloaded");
  state.fails = undefined;
  const next = [upstream(requestOf({ url: new URL("https://other.test/") })), upstream(requestOf())];
  await settleStreams();
  for (const server of servers.slice(1)) await server.write(bytesOf(EMPTY));
  assert.deepEqual((await Promise.all(next)).map(({ status }) => status), [200, 200]);
  // What was not used was closed, to make room.
  assert.deepEqual([connected, fetched], [["h.test", "other.test", "other.test", "h.test"], []]);
});

Deno.test("fetch is not asked for a WebSocket, which it would make a plain request of", async () => {
  const headers = new FieldList(["upgrade"], ["websocket"]);
  await assert.rejects(fetchUpstream(requestOf({ headers })), /could not be reached directly/);
  const { upstream, dead, fetched } = setUp();
  dead.add("h.test");
  assert.equal(await refusalOf(upstream(requestOf({ headers }))), "upstream_failed");
  assert.deepEqual(fetched, []);
});

/** What the runtime says, and what is made of it without a proxy and with one. */
const REASONS: [said: string, direct: RegExp, proxied: RegExp][] = [
  ["dns error: no", /reached: its name could not/, /through HTTPS_PROXY: the proxy's name could not/],
  ["Connection refused (os error 111)", /: it refused the/, /: the proxy refused the connection$/],
  ["unsuccessful tunnel", /reached: the proxy refused/, /HTTPS_PROXY: the proxy refused to connect to it$/],
  ["invalid peer certificate: UnknownIssuer", /is not from an authority/, /is not from an authority/],
  ["invalid peer certificate: BadSignature", /is not from an authority/, /is not from an authority/],
  ["invalid peer certificate: certificate expired: verification time 1 (UNIX)", /has expired/, /has expired/],
  ["invalid peer certificate: certificate not valid yet: 1 (x)", /not valid yet, by/, /not valid yet, by/],
  ["invalid peer certificate: Other(x)", /is not valid \(Other\)$/, /is not valid \(Other\)$/],
];

Deno.test("a host that fetch can't reach is named with the reason, and the proxy with it", async (t) => {
  const real = globalThis.fetch;
  for (const [said, ...wanted] of REASONS) {
    await t.step(said, async () => {
      globalThis.fetch = () => Promise.reject(new TypeError(`error sending request: ${said}`));
      try {
        for (const [i, via] of [undefined, "HTTPS_PROXY"].entries()) {
          await assert.rejects(fetchUpstream(requestOf(), via), (error: Refusal) => {
            assert.match(error.message, wanted[i]!);
            return error.hint === "agentgazer doctor";
          });
        }
      } finally {
        globalThis.fetch = real;
      }
    });
  }
});
