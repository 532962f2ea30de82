import assert from "node:assert/strict";
import { relay } from "../../../lib/proxy/relay.ts";
import { answerOf } from "../../support/web.ts";

function relayed(headers: HeadersInit): [string, string][] {
  return [...relay(answerOf(new Response(null, { headers }))).headers];
}

const DROPPED: [name: string, value: string][] = [
  ["set-cookie", "session=x; HttpOnly"],
  ["set-cookie2", "session=x"],
  ["access-control-allow-origin", "*"],
  ["access-control-allow-credentials", "true"],
  ["Access-Control-Expose-Headers", "x-request-id"],
  ["access-control-allow-private-network", "true"],
  ["connection", "close"],
  ["keep-alive", "timeout=5"],
  ["proxy-authenticate", "Basic"],
  ["proxy-connection", "close"],
  ["te", "trailers"],
  ["trailer", "x-sum"],
  ["transfer-encoding", "chunked"],
  ["upgrade", "h2c"],
  ["alt-svc", 'h3=":443"'],
  ["strict-transport-security", "max-age=31536000"],
];

Deno.test("relay() drops headers of the hop, of browsers and of the provider's site", async (t) => {
  for (const [name, value] of DROPPED) {
    await t.step(name, () => assert.deepEqual(relayed({ [name]: value }), []));
  }
});

Deno.test("relay() drops every cookie of several", () => {
  assert.deepEqual(relayed([["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-a", "1"]]), [["x-a", "1"]]);
});

Deno.test("relay() drops what Connection names, however it spells it", async (t) => {
  for (const connection of ["x-hop", "X-HOP", "close, X-Hop", " ,x-hop , close"]) {
    await t.step(connection, () => {
      assert.deepEqual(relayed({ connection, "x-hop": "1", "x-hop-2": "2" }), [["x-hop-2", "2"]]);
    });
  }
});

Deno.test("relay() keeps everything else as it was", () => {
  const kept: [string, string][] = [
    ["anthropic-ratelimit-requests-remaining", "9"],
    ["cache-control", "no-cache"],
    ["content-encoding", "gzip"],
    ["content-length", "20"],
    ["content-type", "text/event-stream; charset=utf-8"],
    ["etag", 'W/"abc"'],
    ["location", "/v1/x?key=y"],
    ["openai-organization", "org"],
    ["request-id", "req_1"],
    ["retry-after", "1"],
    ["www-authenticate", "Bearer"],
    ["x-access-control", "kept"],
    ["x-request-id", "1"],
  ];
  assert.deepEqual(relayed(kept), kept);
});
