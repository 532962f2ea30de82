import assert from "node:assert/strict";
import { type Body, FramedBody } from "../../../lib/http/body.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import type { Answer } from "../../../lib/http/message.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { Reader } from "../../../lib/http/reader.ts";
import { Recorder } from "../../../lib/proxy/replay.ts";
import { makeUpstream, type UpstreamRequest } from "../../../lib/proxy/upstream.ts";
import { duplex, type DuplexEnd } from "../../support/duplex.ts";
import { FakeClock, settleStreams } from "../../support/fake_clock.ts";
import { bytesOf, latin1 } from "../../support/scripted_stream.ts";

const EMPTY = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/** An upstream of which one connection has served a request; the test holds the servers' ends. */
async function usedOnce(room = Infinity) {
  const clock = new FakeClock();
  const servers: DuplexEnd[] = [];
  const system = {
    now: clock.now,
    sleep: clock.sleep,
    env: () => undefined,
    connectTls() {
      // Only the first is narrow, so that a request stays in it.
      const [ours, server] = duplex({ room: servers.length === 0 ? room : Infinity });
      servers.push(server);
      return Promise.resolve(ours);
    },
  };
  const upstream = makeUpstream(system, () => assert.fail("nothing is to be fetched"));
  const warmUp = upstream(requestOf(null));
  await settleStreams();
  await servers[0]!.read(new Uint8Array(4096));
  await servers[0]!.write(bytesOf(EMPTY));
  await warmUp;
  await settleStreams();
  return { upstream, servers, clock };
}

function requestOf(body: UpstreamRequest["body"], signal = new AbortController().signal): UpstreamRequest {
  return {
    url: new URL("https://h.test/v1?x=canary"),
    method: "POST",
    headers: new FieldList(["x-a"], ["1"]),
    credential: bytesOf("authorization: Bearer canary\r\n"),
    body,
    signal,
  };
}

/** The body of a client's request, as it comes over its connection. */
function bodyFrom(length: number): [body: NonNullable<UpstreamRequest["body"]>, client: DuplexEnd] {
  const [ours, client] = duplex();
  const framed: Body = new FramedBody(new Reader(ours), length, () => {});
  return [new Recorder().record(framed), client];
}

/** Any text that has no part twice. */
const TEXT = Array.from({ length: 2000 }, (_, i) => `${i},`).join("");

async function readAll(server: DuplexEnd): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65_536);
  for (let length = -1; length !== text.length;) {
    length = text.length;
    const count = await Promise.race([server.read(buffer), settleStreams().then(() => 0)]);
    text += latin1(buffer.subarray(0, count ?? 0));
  }
  return text;
}

/** How far the first attempt has come when its connection ends, and how much of the body was there by then. */
const HALVES: [what: string, room: number, before: number][] = [
  ["before anything of it came", Infinity, 0],
  ["after its first byte", Infinity, 1],
  ["after half of it", Infinity, TEXT.length / 2],
  ["after all but a byte", Infinity, TEXT.length - 1],
  ["after all of it", Infinity, TEXT.length],
  ["while half of it waits to be taken", 64, TEXT.length / 2],
  ["while all of it waits to be taken", 64, TEXT.length],
];

Deno.test("a body is sent again whole when the connection ended", async (t) => {
  for (const [what, room, before] of HALVES) {
    await t.step(what, async () => {
      const { upstream, servers } = await usedOnce(room);
      const [body, client] = bodyFrom(TEXT.length);
      const answering = upstream(requestOf(body));
      if (before > 0) await client.write(bytesOf(TEXT.slice(0, before)));
      await settleStreams();
      servers[0]!.close();
      await settleStreams();
      for (let at = before; at < TEXT.length; at += 500) {
        await client.write(bytesOf(TEXT.slice(at, at + 500)));
        await settleStreams();
      }
      await settleStreams();
      assert.equal(servers.length, 2);
      const sent = await readAll(servers[1]!);
      const head = `POST /v1?x=canary HTTP/1.1\r\nhost: h.test\r\nx-a: 1\r\naccept-encoding: identity\r\n` +
        `content-length: ${TEXT.length}\r\nauthorization: Bearer canary\r\n\r\n`;
      assert.ok(sent === head + TEXT, "other bytes");
      await servers[1]!.write(bytesOf(EMPTY));
      assert.equal((await answering).status, 200);
    });
  }
});

/** What ends an attempt that is not to be repeated. */
const FINAL: [
  what: string,
  end: (server: DuplexEnd, client: DuplexEnd, gone: AbortController) => Promise<void> | void,
][] = [
  ["a byte of an answer had come", async (server) => {
    await server.write(bytesOf("H"));
    server.close();
  }],
  ["a whole head of another kind had come", async (server) => {
    await server.write(bytesOf("HTTP/1.1 100 Continue\r\n\r\n"));
    server.close();
  }],
  ["what came was no answer", (server) => void server.write(bytesOf("garbage\r\n\r\n"))],
  ["the client went away", (_server, _client, gone) => gone.abort()],
  ["the client went away and the connection ended", (server, _client, gone) => {
    gone.abort();
    server.close();
  }],
  ["the connection ended and then the client's", async (server, client) => {
    server.close();
    await settleStreams();
    client.close();
  }],
  ["the client's connection ended in the middle of the body", (_server, client) => client.close()],
];

Deno.test("a request is not sent again when", async (t) => {
  for (const [what, end] of FINAL) {
    await t.step(what, async () => {
      const { upstream, servers } = await usedOnce();
      const [body, client] = bodyFrom(TEXT.length);
      const gone = new AbortController();
      const refused = upstream(requestOf(body, gone.signal)).then(() => undefined, (error) => error);
      await client.write(bytesOf(TEXT.slice(0, 100)));
      await settleStreams();
      await end(servers[0]!, client, gone);
      const error = await refused;
      assert.equal(error.code, "upstream_failed");
      assert.doesNotMatch(`${error.message} ${error.hint}`, /canary|garbage/);
      assert.equal(servers.length, 1);
    });
  }
});

Deno.test("a request that was sent twice is not sent a third time, over whatever connection", async () => {
  const { upstream, servers } = await usedOnce();
  const second = upstream(requestOf(null));
  await settleStreams();
  const third = upstream(requestOf(null));
  await settleStreams();
  assert.equal(servers.length, 2);
  await servers[1]!.write(bytesOf(EMPTY));
  assert.equal((await third).status, 200);
  await settleStreams();
  // Now the second one is idle and used, and could be taken for the repetition.
  servers[0]!.close();
  await settleStreams();
  assert.equal(servers.length, 3);
  servers[2]!.close();
  await assert.rejects(second, { code: "upstream_failed" });
  assert.equal(servers.length, 3);
});

Deno.test("an answer that breaks off later is the client's to see, and nothing is sent again", async () => {
  const { upstream, servers } = await usedOnce();
  const answering = upstream(requestOf(null));
  await settleStreams();
  await servers[0]!.write(bytesOf("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"));
  const { body }: Answer = await answering;
  assert.equal(latin1((await body!.read())!), "abc");
  servers[0]!.close();
  await assert.rejects(body!.read(), ProtocolError);
  assert.equal(servers.length, 1);
});
