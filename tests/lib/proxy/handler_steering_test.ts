import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { bearer, credentialOf, makeProxyBox, rawRequest, tokenOf } from "../../support/proxy_box.ts";
import type { Sent } from "../../support/web.ts";

/** Names by which other proxies and servers let a caller choose where a request goes. */
const STEERING = [
  "api_base",
  "api-base",
  "base_url",
  "base-url",
  "baseurl",
  "endpoint",
  "forwarded",
  "proxy",
  "target",
  "upstream",
  "url",
  "x-forwarded-host",
  "x-forwarded-server",
  "x-headroom-base-url",
  "x-host",
  "x-original-host",
  "x-original-url",
  "x-portkey-custom-host",
  "x-rewrite-url",
];

const VALUES = ["https://evil.test/", "evil.test", "https://api.mistral.ai/", "//evil.test/%2e%2e"];

/** Checks that it goes to the right place with the right credential, and without the local token. */
function assertRightPlace({ url, headers }: Sent, id: string, base: string): void {
  assert.equal(url.host, new URL(base).host);
  assert.ok(url.href.startsWith(base + "/v1/x"), url.href);
  const seen = [...headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  assert.ok(!(seen + url.href).includes(tokenOf("any")));
  for (const row of PROVIDERS) {
    assert.equal(seen.split(credentialOf(row.id)).length - 1, row.id === id ? 1 : 0, row.id);
  }
}

Deno.test("makeHandler() sends a provider's route to that provider, whatever else the request says", async (t) => {
  using box = await makeProxyBox();
  for (const { id, base } of PROVIDERS) {
    await t.step(id, async () => {
      for (const name of STEERING) {
        for (const value of VALUES) {
          const encoded = encodeURIComponent(value);
          const text = JSON.stringify({ [name]: value, model: "x" });
          const requests = [
            rawRequest(`/${id}/v1/x`, { headers: { ...bearer("any"), [name]: value } }),
            rawRequest(`/${id}/v1/x?${name}=${encoded}&host=evil.test`, { headers: bearer("any") }),
            rawRequest(`/${id}/v1/x?key=${tokenOf("any")}&${name}=${value}`),
            rawRequest(`/${id}/v1/x`, {
              method: "POST",
              headers: bearer("any"),
              body: new Response(text).body,
            }),
          ];
          for (const request of requests) {
            const answer = await box.handle(request);
            assert.equal(answer.status, 200, await answer.text());
            assertRightPlace(box.sent.pop()!, id, base);
          }
        }
      }
    });
  }
});

Deno.test("makeHandler() tells the provider nothing of what steers servers on the way", async () => {
  using box = await makeProxyBox();
  const steering = {
    "forwarded": "host=evil.test",
    "via": "1.1 evil.test",
    "x-forwarded-for": "evil.test",
    "x-forwarded-host": "evil.test",
    "x-forwarded-proto": "http",
    "x-original-url": "/evil.test",
    "x-real-ip": "evil.test",
    "x-rewrite-url": "/evil.test",
  };
  const headers = { ...steering, ...bearer("any"), "accept": "text/evil", "user-agent": "client/1" };
  await box.handle(rawRequest("/openai/v1/models", { headers }));
  assert.deepEqual([...box.sent[0]!.headers], [
    ["accept", "text/evil"],
    ["authorization", `Bearer ${credentialOf("openai")}`],
    ["user-agent", "client/1"],
  ]);
});

const CARRIERS: [what: string, query: string, headers: Record<string, string>][] = [
  ["Bearer", "", { authorization: `Bearer ${tokenOf("any")}` }],
  ["bearer", "", { authorization: `bearer  ${tokenOf("any")}` }],
  ["x-api-key", "", { "x-api-key": tokenOf("any") }],
  ["x-goog-api-key", "", { "x-goog-api-key": tokenOf("any") }],
  ["api-key", "", { "api-key": tokenOf("any") }],
  ["?key=", `key=${tokenOf("any")}`, {}],
  ["?key= among others", `alt=sse&key=${tokenOf("any")}&x=y`, {}],
  ["all of them", `key=${tokenOf("any")}`, {
    ...bearer("any"),
    "x-api-key": tokenOf("any"),
    "api-key": tokenOf("any"),
  }],
  ["a copy in other headers", "", {
    ...bearer("any"),
    "x-trace": `a ${tokenOf("any")}`,
    referer: `http://x/?${tokenOf("any")}`,
  }],
  ["a copy in the query", `x=${tokenOf("any")}&y=z`, bearer("any")],
  ["a copy in the cookies", "", { ...bearer("any"), cookie: `a=${tokenOf("any")}` }],
  ["a key of the provider's beside it", "key=sk-stray&access_token=sk-stray", {
    ...bearer("any"),
    "x-api-key": "sk-stray",
    "xi-api-key": "sk-stray",
  }],
];

Deno.test("makeHandler() takes the token from where SDKs put it, and sends it nowhere", async (t) => {
  using box = await makeProxyBox();
  for (const [what, query, headers] of CARRIERS) {
    await t.step(what, async () => {
      for (const { id, base } of PROVIDERS) {
        const answer = await box.handle(rawRequest(`/${id}/v1/x?${query}`, { headers }));
        assert.equal(answer.status, 200, id);
        const sent = box.sent.pop()!;
        assertRightPlace(sent, id, base);
        assert.doesNotMatch(JSON.stringify([...sent.headers, sent.url]), /stray/);
      }
    });
  }
});

const TARGETS: [stored: string[], target: string, id: string | undefined][] = [
  [["minimax", "minimax-oauth"], "https://api.minimax.io/v1/x", "minimax"],
  [["minimax-oauth"], "https://api.minimax.io/v1/x", "minimax-oauth"],
  [["minimax-oauth"], "https://api.minimax.chat/v1/x", undefined],
  [["zhipu", "zhipu-coding-plan"], "https://api.z.ai/api/coding/v1/x", "zhipu-coding-plan"],
  [["zhipu"], "https://api.z.ai/api/coding/v1/x", undefined],
  [["zhipu", "zhipu-coding-plan"], "https://api.z.ai/api/anthropic/v1/x", "zhipu"],
  [["zhipu-coding-plan"], "https://api.z.ai/api/anthropic/v1/x", "zhipu-coding-plan"],
  [["zhipu-coding-plan"], "https://api.z.ai/api/paas/v1/x", undefined],
  [["openai"], "https://api.openai.com/v1/x?key=sk-stray&a=b", "openai"],
  [["openai"], "https://chatgpt.com/backend-api/codex/v1/x", undefined],
];

Deno.test("makeHandler() takes for x-target-url the API key, else the login, and the path decides first", async (t) => {
  for (const [stored, target, id] of TARGETS) {
    await t.step(`${stored} at ${target}`, async () => {
      using box = await makeProxyBox({ stored });
      const headers = { ...bearer("any"), "x-target-url": target };
      const answer = await box.handle(rawRequest("/?x=ignored", { headers }));
      if (id === undefined) {
        assert.equal((await answer.json()).error.code, "credential_missing");
        assert.deepEqual([box.sent, box.vault.opened], [[], []]);
        return;
      }
      assert.equal(box.sent[0]!.url.href, target.replace("key=sk-stray&", ""));
      assert.equal(box.sent[0]!.headers.get("authorization"), `Bearer ${credentialOf(id)}`);
      assert.equal(box.sent[0]!.headers.has("x-target-url"), false);
      assert.equal(box.lines[0]?.provider ?? id, id);
    });
  }
});
