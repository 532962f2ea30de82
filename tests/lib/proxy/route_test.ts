import fc from "fast-check";
import assert from "node:assert/strict";
import { type Provider, PROVIDERS } from "../../../lib/providers/table.ts";
import { parseTarget } from "../../../lib/proxy/admit.ts";
import { Refusal } from "../../../lib/proxy/refusal.ts";
import { dialectOf, route } from "../../../lib/proxy/route.ts";
import { forAll } from "../../support/property.ts";

const asIs = (query: string) => query;
const baseOf = ({ base }: Provider) => base;

/** The code of the refusal, or the ids, the URL and the agent. */
function outcome(target: string, targetUrl: string | null = null): string {
  const [path, query = ""] = target.split(/\?(.*)/s);
  try {
    const { providers, url, agent } = route({ path: path!, query }, targetUrl, asIs, baseOf);
    return [providers.map(({ id }) => id), url.href, ...agent === undefined ? [] : [agent]].join(" ");
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

Deno.test("route() appends the path to the base of the provider it names", async (t) => {
  for (const { id, base } of PROVIDERS) {
    await t.step(id, () => {
      assert.equal(outcome(`/${id}/some/path?a=b`), `${id} ${base}/some/path?a=b`);
      assert.equal(outcome(`/${id}/`), `${id} ${base}/`);
      assert.equal(outcome(`/agents/me/${id}/x`), `${id} ${base}/x me`);
    });
  }
});

const ROUTES: [target: string, outcome: string][] = [
  ["/openai/v1/chat/completions", "openai https://api.openai.com/v1/chat/completions"],
  ["/openai//v1//models", "openai https://api.openai.com//v1//models"],
  ["/openai/@evil.test/", "openai https://api.openai.com/@evil.test/"],
  ["/openai/:444/", "openai https://api.openai.com/:444/"],
  ["/openai/.evil.test/", "openai https://api.openai.com/.evil.test/"],
  ["/openai/https://evil.test/", "openai https://api.openai.com/https://evil.test/"],
  ["/openai//evil.test/", "openai https://api.openai.com//evil.test/"],
  ["/openai/v1/files/a%2Fb", "openai https://api.openai.com/v1/files/a%2Fb"],
  ["/openai/x?q='a'", "openai https://api.openai.com/x?q=%27a%27"],
  [
    "/google/v1beta/models/g:streamGenerateContent?alt=sse",
    "google https://generativelanguage.googleapis.com/v1beta/models/g:streamGenerateContent?alt=sse",
  ],
  ["/openai-oauth/v1/responses", "openai-oauth https://chatgpt.com/backend-api/codex/responses"],
  ["/openai-oauth/responses", "openai-oauth https://chatgpt.com/backend-api/codex/responses"],
  [
    "/openai-oauth/v1/responses/compact",
    "openai-oauth https://chatgpt.com/backend-api/codex/v1/responses/compact",
  ],
  ["/openai/v1/responses", "openai https://api.openai.com/v1/responses"],
  ["/agents/A.b_c-9/openai/v1", "openai https://api.openai.com/v1 A.b_c-9"],
  ["/agents/" + "a".repeat(64) + "/openai/v1", "openai https://api.openai.com/v1 " + "a".repeat(64)],
  ["/agents/x/openai-oauth/v1/responses", "openai-oauth https://chatgpt.com/backend-api/codex/responses x"],
];

Deno.test("route() keeps the rest of the path as it is, and inside the provider's host", async (t) => {
  for (const [target, want] of ROUTES) await t.step(target, () => assert.equal(outcome(target), want));
});

const REFUSED: [target: string, code: string][] = [
  ["/", "no_such_route"],
  ["/openai", "no_such_route"],
  ["/openai?x", "no_such_route"],
  ["/OpenAI/v1", "no_such_route"],
  ["/openai;x/v1", "no_such_route"],
  ["/%6fpenai/v1", "no_such_route"],
  ["/openai%2fv1/", "no_such_route"],
  ["//openai/v1", "no_such_route"],
  ["/api.openai.com/v1", "no_such_route"],
  ["/https://api.openai.com/v1", "no_such_route"],
  ["/__proto__/v1", "no_such_route"],
  ["/constructor/v1", "no_such_route"],
  ["/unknown/v1", "no_such_route"],
  ["/v1/chat/completions", "no_such_route"],
  ["/health/", "no_such_route"],
  ["/agents", "no_such_route"],
  ["/agents/", "no_such_route"],
  ["/agents/x", "no_such_route"],
  ["/agents/x/openai", "no_such_route"],
  ["/agents//openai/v1", "no_such_route"],
  ["/agents/x/y/openai/v1", "no_such_route"],
  ["/agents/x/agents/y/openai/v1", "no_such_route"],
  ["/agents/a b/openai/v1", "no_such_route"],
  ["/agents/a%20b/openai/v1", "no_such_route"],
  ["/agents/a:b/openai/v1", "no_such_route"],
  ["/agents/é/openai/v1", "no_such_route"],
  ["/agents/" + "a".repeat(65) + "/openai/v1", "no_such_route"],
  ["/openai/../x", "malformed_request"],
  ["/openai/%2e%2e/x", "malformed_request"],
  ["/openai/a\\b", "malformed_request"],
  ["/openai/a\tb", "malformed_request"],
  ["/openai/é", "malformed_request"],
  ["/openai/a#b", "malformed_request"],
  ["/openai/a?b#c", "malformed_request"],
  ["/openai-oauth/../me", "malformed_request"],
  ["/openai-oauth/..;/me", "malformed_request"],
  ["/openai-oauth/..%2fme", "malformed_request"],
  ["/openai-oauth/..%5cme", "malformed_request"],
  ["/openai-oauth//x", "malformed_request"],
  ["/openai-oauth/%252e%252e/me", "malformed_request"],
  ["/zhipu//api/coding/", "malformed_request"],
  ["/zhipu/api/%63oding/", "malformed_request"],
  ["/minimax-oauth/..;/v1", "malformed_request"],
  ["/minimax/a%2fb", "malformed_request"],
];

Deno.test("route() refuses what names no provider, and what could be read in two ways", async (t) => {
  for (const [target, code] of REFUSED) await t.step(target, () => assert.equal(outcome(target), code));
});

const TARGETS: [targetUrl: string, outcome: string][] = [
  ["https://api.openai.com/v1/models?a=b", "openai https://api.openai.com/v1/models?a=b"],
  ["https://api.cohere.ai/v2/chat", "cohere https://api.cohere.ai/v2/chat"],
  ["https://api.z.ai/api/coding/paas/v4/x", "zhipu-coding-plan https://api.z.ai/api/coding/paas/v4/x"],
  ["https://api.z.ai/api/paas/v4/x", "zhipu https://api.z.ai/api/paas/v4/x"],
  ["https://api.minimax.io/v1", "minimax,minimax-oauth https://api.minimax.io/v1"],
  ["", "target_refused"],
  ["api.openai.com", "target_refused"],
  ["/v1/models", "target_refused"],
  ["https://evil.test/", "target_refused"],
  ["http://api.openai.com/v1", "target_refused"],
  ["https://api.openai.com", "target_refused"],
  ["https://api.openai.com:443/", "target_refused"],
  ["https://api.openai.com:444/", "target_refused"],
  ["https://api.openai.com./", "target_refused"],
  ["https://api.openai.com.evil.test/", "target_refused"],
  ["https://api.openai.com@evil.test/", "target_refused"],
  ["https://user@api.openai.com/", "target_refused"],
  ["https://API.openai.com/", "target_refused"],
  ["https://api%2eopenai.com/", "target_refused"],
  ["https://ａpi.openai.com/", "target_refused"],
  ["https://api.openai.com\\@evil.test/", "target_refused"],
  ["https://api.openai.com/#", "target_refused"],
  ["https://api.openai.com/a/../b", "target_refused"],
  [" https://api.openai.com/", "target_refused"],
  ["https://api.openai.com/, https://evil.test/", "target_refused"],
  ["https://chatgpt.com/", "target_refused"],
  ["https://chatgpt.com/backend-api/codex/..;/me", "target_refused"],
  ["https://chatgpt.com/backend-api/me", "target_refused"],
  ["https://api.z.ai/api//coding/", "target_refused"],
  ["https://127.0.0.1:18900/openai/v1", "target_refused"],
  ["https://localhost/", "target_refused"],
];

Deno.test("route() takes x-target-url only to a known provider's exact URL", async (t) => {
  for (const [targetUrl, want] of TARGETS) {
    await t.step(JSON.stringify(targetUrl), () => {
      for (const path of ["/", "/v1/models", "/openai"]) assert.equal(outcome(path, targetUrl), want);
    });
  }
});

Deno.test("route() refuses x-target-url on a path that names a provider, whatever it says", async (t) => {
  for (const { id, base } of PROVIDERS) {
    await t.step(id, () => {
      for (const targetUrl of [base + "/", "https://evil.test/", "", "x"]) {
        assert.equal(outcome(`/${id}/v1`, targetUrl), "target_not_allowed");
        assert.equal(outcome(`/agents/x/${id}/v1`, targetUrl), "target_not_allowed");
      }
    });
  }
});

Deno.test("route() cleans the query on both ways", () => {
  const clean = (query: string) => query === "key=x&a=b" ? "a=b" : assert.fail(query);
  const named = route({ path: "/openai/v1", query: "key=x&a=b" }, null, clean, baseOf);
  assert.equal(named.url.href, "https://api.openai.com/v1?a=b");
  const target = "https://api.openai.com/v1?key=x&a=b";
  assert.equal(
    route({ path: "/", query: "ignored" }, target, clean, baseOf).url.href,
    "https://api.openai.com/v1?a=b",
  );
  assert.equal(
    route({ path: "/openai/v1", query: "key=x" }, null, () => "", baseOf).url.href,
    "https://api.openai.com/v1",
  );
});

Deno.test("route() appends the path to where the provider is in its region", async (t) => {
  for (const provider of PROVIDERS) {
    for (const base of Object.values(provider.regions ?? {})) {
      await t.step(base, () => {
        const at = (path: string) =>
          route({ path, query: "" }, null, asIs, (row) => {
            assert.equal(row.id, provider.id);
            return base;
          }).url.href;
        assert.equal(at(`/${provider.id}/some/path`), `${base}/some/path`);
        assert.equal(at(`/agents/me/${provider.id}/`), `${base}/`);
      });
    }
  }
});

Deno.test("route() asks for no region when x-target-url says where to", () => {
  const target = "https://api.moonshot.ai/v1/models";
  const never = () => assert.fail("the whole URL is given");
  assert.equal(route({ path: "/", query: "" }, target, asIs, never).url.href, target);
});

Deno.test("route() leaves the provider's host for no path or query", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.webUrl(),
    fc.constantFrom("@evil.test", ":443"),
  );
  forAll(fc.constantFrom(...PROVIDERS), text, text, (row, path, query) => {
    let url: URL;
    try {
      url = route(parseTarget(`/${row.id}/${path}?${query}`), null, asIs, baseOf).url;
    } catch (error) {
      return assert.ok(error instanceof Refusal);
    }
    assert.ok(url.href.startsWith(row.base + "/"), url.href);
    assert.equal(url.host, new URL(row.base).host);
  });
});

Deno.test("dialectOf() is that of the provider's SDK, and OpenAI's for any other path", async (t) => {
  const rows: [path: string, dialect: string][] = [
    ["/anthropic/v1/messages", "anthropic"],
    ["/agents/x/anthropic/v1/messages", "anthropic"],
    ["/minimax-oauth/v1/messages", "anthropic"],
    ["/google/v1beta/models", "google"],
    ["/openai/v1/models", "openai"],
    ["/mistral/v1", "openai"],
    ["/anthropic", "openai"],
    ["/unknown/v1", "openai"],
    ["/", "openai"],
    ["", "openai"],
  ];
  for (const [path, dialect] of rows) await t.step(path, () => assert.equal(dialectOf(path), dialect));
});
