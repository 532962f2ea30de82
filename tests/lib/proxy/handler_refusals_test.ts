import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { bearer, makeProxyBox, type RawRequest, rawRequest, tokenOf } from "../../support/proxy_box.ts";

type Row = [what: string, target: string, options: RawRequest, status: number, code: string];

const ANY = bearer("any");
const POST = { method: "POST" };
const MODELS = "/openai/v1/models";

function withTarget(url: string): RawRequest {
  return { headers: { ...ANY, "x-target-url": url } };
}

const REFUSED: Row[] = [
  ["a method in lower case", MODELS, { method: "query", headers: ANY }, 400, "malformed_request"],
  ["the token in the path", `/openai/v1/${tokenOf("any")}`, { headers: ANY }, 400, "malformed_request"],
  [
    "the token in the path, encoded twice",
    `/openai/v1/%2561gz_${tokenOf("any").slice(4)}`,
    { headers: ANY },
    400,
    "malformed_request",
  ],
  [
    "the token in the path behind a broken encoding",
    `/openai/v1/%ff%61gz_${tokenOf("any").slice(4)}`,
    { headers: ANY },
    400,
    "malformed_request",
  ],
  [
    "the token in the path, its first letter the end of an encoding",
    `/openai/v1/%0${tokenOf("any")}`,
    { headers: ANY },
    400,
    "malformed_request",
  ],
  [
    "a long x-target-url",
    "/",
    withTarget("https://api.openai.com/v1/%25" + "25".repeat(10_000)),
    403,
    "target_refused",
  ],
  [
    "the token in the query, encoded",
    `/openai/v1/models?a=agz%5F${tokenOf("any").slice(4)}`,
    { headers: ANY },
    400,
    "malformed_request",
  ],
  ["no Host", MODELS, { headers: { ...ANY, host: "" } }, 400, "malformed_request"],
  ["another Host", MODELS, { headers: { ...ANY, host: "evil.test:18900" } }, 421, "wrong_host"],
  [
    "a Host that is not the target's",
    MODELS,
    { headers: { ...ANY, host: "localhost:18900" } },
    421,
    "wrong_host",
  ],
  [
    "a Host with a path",
    MODELS,
    { headers: { ...ANY, host: "127.0.0.1:18900/health?x=" } },
    421,
    "wrong_host",
  ],
  ["an Origin", MODELS, { headers: { ...ANY, origin: "https://evil.test" } }, 403, "origin_refused"],
  ["the null Origin", MODELS, { headers: { ...ANY, origin: "null" } }, 403, "origin_refused"],
  [
    "our own Origin",
    MODELS,
    { headers: { ...ANY, origin: "http://127.0.0.1:18900" } },
    403,
    "origin_refused",
  ],
  [
    "a cross-site fetch",
    MODELS,
    { headers: { ...ANY, "sec-fetch-site": "cross-site" } },
    403,
    "origin_refused",
  ],
  [
    "a preflight",
    MODELS,
    { method: "OPTIONS", headers: { origin: "https://evil.test" } },
    403,
    "origin_refused",
  ],
  [
    "a simple POST of a page",
    MODELS,
    { ...POST, headers: { origin: "null", "content-type": "text/plain" } },
    403,
    "origin_refused",
  ],
  ["a dot segment", "/openai/v1/../models", { headers: ANY }, 400, "malformed_request"],
  ["an encoded dot segment", "/openai/%2e%2e/x", { headers: ANY }, 400, "malformed_request"],
  ["a backslash", "/openai/a\\b", { headers: ANY }, 400, "malformed_request"],
  ["a letter outside ASCII", "/openai/é", { headers: ANY }, 400, "malformed_request"],
  [
    "a target of 17000 characters",
    "/openai/" + "a".repeat(17_000),
    { headers: ANY },
    400,
    "malformed_request",
  ],
  ["no token", MODELS, {}, 401, "client_token_invalid"],
  ["no token, POST", MODELS, POST, 401, "client_token_invalid"],
  ["a wrong token", MODELS, { headers: { authorization: "Bearer agz_wrong" } }, 401, "client_token_invalid"],
  ["an expired token", MODELS, { headers: bearer("expired") }, 401, "client_token_invalid"],
  ["no token, no route", "/nowhere", {}, 401, "client_token_invalid"],
  [
    "no token, x-target-url",
    "/",
    { headers: { "x-target-url": "https://api.openai.com/v1" } },
    401,
    "client_token_invalid",
  ],
  ["no route", "/nowhere", { headers: ANY }, 404, "no_such_route"],
  ["no route at the top", "/", { headers: ANY }, 404, "no_such_route"],
  ["a provider in upper case", "/OpenAI/v1/models", { headers: ANY }, 404, "no_such_route"],
  ["an agent of bad form", "/agents/a%20b/openai/v1", { headers: ANY }, 404, "no_such_route"],
  [
    "x-target-url on a provider's route",
    MODELS,
    withTarget("https://api.openai.com/v1/models"),
    400,
    "target_not_allowed",
  ],
  [
    "x-target-url to another provider, on a route",
    MODELS,
    withTarget("https://api.mistral.ai/v1"),
    400,
    "target_not_allowed",
  ],
  ["an empty x-target-url on a route", MODELS, withTarget(""), 400, "target_not_allowed"],
  [
    "x-target-url on an agent's route",
    "/agents/x" + MODELS,
    withTarget("https://evil.test/"),
    400,
    "target_not_allowed",
  ],
  ["x-target-url to an unknown host", "/", withTarget("https://evil.test/"), 403, "target_refused"],
  [
    "x-target-url to a look-alike",
    "/",
    withTarget("https://api.openai.com.evil.test/"),
    403,
    "target_refused",
  ],
  ["x-target-url with userinfo", "/", withTarget("https://api.openai.com@evil.test/"), 403, "target_refused"],
  ["x-target-url over http", "/", withTarget("http://api.openai.com/v1"), 403, "target_refused"],
  ["x-target-url with a port", "/", withTarget("https://api.openai.com:444/v1"), 403, "target_refused"],
  ["x-target-url to loopback", "/", withTarget("https://127.0.0.1/"), 403, "target_refused"],
  ["x-target-url to ourselves", "/", withTarget("http://127.0.0.1:18900/openai/v1"), 403, "target_refused"],
  [
    "two x-target-urls",
    "/",
    withTarget("https://api.openai.com/, https://evil.test/"),
    403,
    "target_refused",
  ],
  [
    "x-target-url beside the plan's paths",
    "/",
    withTarget("https://chatgpt.com/backend-api/me"),
    403,
    "target_refused",
  ],
  ["another provider's client", MODELS, { headers: bearer("narrow") }, 403, "provider_refused"],
  [
    "another provider's client, by x-target-url",
    "/",
    { headers: { ...bearer("narrow"), "x-target-url": "https://api.openai.com/v1" } },
    403,
    "provider_refused",
  ],
  [
    "a client without any provider",
    "/mistral/v1/models",
    { headers: bearer("barred") },
    403,
    "provider_refused",
  ],
  [
    "a minting path",
    "/openai/v1/organization/admin_api_keys",
    { ...POST, headers: ANY },
    403,
    "path_refused",
  ],
  ["a minting path, disguised", "/openai/V1//%256frganization;x", { headers: ANY }, 403, "path_refused"],
  [
    "a minting path, by x-target-url",
    "/",
    withTarget("https://api.anthropic.com/v1/organizations/api_keys"),
    403,
    "path_refused",
  ],
  [
    "a minting path with a method",
    "/google/v1alpha/auth_tokens:create",
    { ...POST, headers: ANY },
    403,
    "path_refused",
  ],
  ["a path of two readings", "/openai-oauth/..;/me", { headers: ANY }, 400, "malformed_request"],
  ["GET with a body", MODELS, { headers: { ...ANY, "content-length": "2" } }, 400, "malformed_request"],
  [
    "GET with chunks",
    MODELS,
    { headers: { ...ANY, "transfer-encoding": "chunked" } },
    400,
    "malformed_request",
  ],
  [
    "HEAD with a body",
    MODELS,
    { method: "HEAD", headers: { ...ANY, "content-length": "2" } },
    400,
    "malformed_request",
  ],
  ["TRACE", MODELS, { method: "TRACE", headers: ANY }, 400, "malformed_request"],
  ["TRACK", MODELS, { method: "TRACK", headers: ANY }, 400, "malformed_request"],
  ["CONNECT", MODELS, { method: "CONNECT", headers: ANY }, 400, "malformed_request"],
];

Deno.test("makeHandler() refuses before it opens a credential or calls anybody", async (t) => {
  using box = await makeProxyBox();
  for (const [what, target, options, status, code] of REFUSED) {
    await t.step(what, async () => {
      box.lines.length = 0;
      const answer = await box.handle(rawRequest(target, options));
      assert.equal(answer.status, status);
      assert.match(await answer.text(), new RegExp(`"${code}"`));
      assert.deepEqual(box.sent, []);
      assert.deepEqual(box.vault.opened, []);
      assert.deepEqual(box.lines.map((line) => [line.status, line.error]), [[status, code]]);
    });
  }
  assert.deepEqual(box.events, []);
});

Deno.test("makeHandler() lets the same requests through when nothing is wrong with them", async (t) => {
  using box = await makeProxyBox();
  const rows: [target: string, options: RawRequest, opened: string][] = [
    [MODELS, { headers: ANY }, "api-key:openai"],
    [MODELS, { headers: { ...ANY, "content-length": "0" } }, "api-key:openai"],
    [MODELS, { method: "DELETE", headers: { ...ANY, "content-length": "2" } }, "api-key:openai"],
    ["/", withTarget("https://api.mistral.ai/v1/models"), "api-key:mistral"],
    ["/mistral/v1/models", { headers: bearer("narrow") }, "api-key:mistral"],
    ["/openai/v1/organization/admin_api_keys", { ...POST, headers: bearer("minter") }, "api-key:openai"],
    ["/openai-oauth/responses", { ...POST, headers: ANY }, "login:openai-oauth"],
    [MODELS, { headers: bearer("brief") }, "api-key:openai"],
  ];
  for (const [target, options, opened] of rows) {
    await t.step(`${options.method ?? "GET"} ${target}`, async () => {
      box.sent.length = 0;
      assert.equal((await box.handle(rawRequest(target, options))).status, 200);
      assert.equal(box.sent.length, 1);
      assert.ok(box.vault.opened.includes(opened));
    });
  }
});

Deno.test("makeHandler() wants a token of every provider's route, whatever the method", async (t) => {
  using box = await makeProxyBox();
  for (const { id } of PROVIDERS) {
    await t.step(id, async () => {
      for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "get"]) {
        for (const target of [`/${id}/v1/x`, `/agents/a/${id}/v1/x`]) {
          assert.equal((await box.handle(rawRequest(target, { method }))).status, 401);
        }
      }
    });
  }
  assert.deepEqual([box.sent, box.vault.opened], [[], []]);
});

Deno.test("makeHandler() opens nothing when no credential is stored, and says what to type", async (t) => {
  using box = await makeProxyBox({ stored: [] });
  const rows = [["openai", "providers set openai"], ["openai-oauth", "login openai-oauth"]];
  for (const [id, command] of rows) {
    await t.step(id!, async () => {
      const answer = await box.handle(rawRequest(`/${id}/v1/x`, { headers: ANY }));
      assert.equal(answer.status, 401);
      const { error } = await answer.json();
      assert.equal(error.code, "credential_missing");
      assert.match(error.message, new RegExp(`agentgazer ${command}( \\(not in this version\\))?$`));
    });
  }
  assert.deepEqual([box.sent, box.vault.opened], [[], []]);
});

Deno.test("makeHandler() takes no new work while it drains, and still tells its health", async () => {
  using box = await makeProxyBox();
  box.draining = true;
  const answer = await box.handle(rawRequest(MODELS, { headers: ANY }));
  assert.equal(answer.status, 503);
  assert.equal((await answer.json()).error.code, "draining");
  assert.equal((await box.handle(rawRequest("/health"))).status, 200);
  assert.deepEqual([box.sent, box.vault.opened], [[], []]);
});

Deno.test("makeHandler() logs one line per refusal, without token, query or header", async () => {
  using box = await makeProxyBox();
  const target = `/nowhere/${tokenOf("any")}?key=${tokenOf("any")}&q=canary`;
  await box.handle(rawRequest(target, { headers: { "x-trace": "canary" } }));
  assert.equal(box.lines.length, 1);
  assert.equal(box.lines[0]!.path, "/nowhere/[token]");
  assert.equal(box.lines[0]!.client, "any");
  assert.doesNotMatch(JSON.stringify(box.lines), /canary|agz_/);
});

Deno.test("makeHandler() says what is wrong with a token, and whose it was only when it has expired", async (t) => {
  using box = await makeProxyBox();
  const rows: [headers: Record<string, string>, says: RegExp][] = [
    [{}, /has no local token/],
    [{ authorization: "Bearer agz_wrong" }, /token is not known here.*agentgazer env/],
    [
      bearer("expired"),
      /client \\"expired\\" has expired.*clients remove expired, then: agentgazer clients add expired --expires <time>/,
    ],
    [{ ...bearer("any"), "x-api-key": tokenOf("other") }, /tokens of two clients/],
  ];
  for (const [headers, says] of rows) {
    await t.step(says.source, async () => {
      const answer = await box.handle(rawRequest(MODELS, { headers }));
      assert.equal(answer.status, 401);
      assert.match(await answer.text(), says);
    });
  }
});
