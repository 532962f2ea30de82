import assert from "node:assert/strict";
import { settle } from "../../support/fake_clock.ts";
import {
  AUTHORITY,
  bearer,
  credentialOf,
  makeProxyBox,
  rawRequest,
  tokenOf,
} from "../../support/proxy_box.ts";

const MODELS = "/openai/v1/models";

const WRONG_TOKENS: [what: string, headers: Record<string, string>, query?: string][] = [
  ["nothing behind Bearer", { authorization: "Bearer " }],
  ["an empty x-api-key", { "x-api-key": "" }],
  ["an empty ?key=", {}, "key="],
  ["one letter less", { authorization: `Bearer ${tokenOf("any").slice(0, -1)}` }],
  ["one letter more", { authorization: `Bearer ${tokenOf("any")}x` }],
  ["upper case", { "x-api-key": tokenOf("any").toUpperCase() }],
  ["no scheme", { authorization: tokenOf("any") }],
  ["Basic", { authorization: `Basic ${btoa(`:${tokenOf("any")}`)}` }],
  ["twice in one header", { "x-api-key": `${tokenOf("any")}, ${tokenOf("any")}` }],
  ["quoted", { authorization: `Bearer "${tokenOf("any")}"` }],
  ["SQL", { authorization: "Bearer '--" }],
  ["SQL with spaces", { authorization: "Bearer ' OR 1=1 --" }],
  ["a template", { authorization: "Bearer ${token}{{7*7}}" }],
  ["a property of every object", { "x-api-key": "__proto__" }],
  ["letters of Latin 1", { authorization: "Bearer é\u00ff\u0080" }],
  ["1 MB", { authorization: `Bearer ${"a".repeat(1_000_000)}` }],
  ["1 MB of x-api-key", { "x-api-key": "agz_".repeat(250_000) }],
  ["percent signs", {}, "key=%00%ff%zz%"],
  ["the encoded token", {}, `key=${tokenOf("any").replace("_", "%5F")}`],
  ["1000 keys", {}, "key=x&".repeat(1000)],
  ["another spelling of key", {}, `KEY=${tokenOf("any")}`],
  ["a carrier that no SDK uses", { "xi-api-key": tokenOf("any") }],
  ["a cookie", { cookie: `token=${tokenOf("any")}` }],
  ["the credential itself", { authorization: `Bearer ${credentialOf("openai")}` }],
  ["a client's name", { authorization: "Bearer any" }],
  ["undefined", { authorization: "Bearer undefined" }],
];

Deno.test("makeHandler() answers 401 to any wrong token, and nothing else", async (t) => {
  using box = await makeProxyBox();
  for (const [what, headers, query = ""] of WRONG_TOKENS) {
    await t.step(what, async () => {
      const answer = await box.handle(rawRequest(`${MODELS}?${query}`, { headers }));
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get("www-authenticate"), "Bearer");
      const { error } = await answer.json();
      assert.equal(error.code, "client_token_invalid");
      assert.doesNotMatch(error.message, /Q0wPz8Lm|H3yTg6Fr/);
    });
  }
  assert.deepEqual([box.sent, box.vault.opened, box.events], [[], [], []]);
});

Deno.test("makeHandler() refuses a request with the tokens of two clients", async (t) => {
  using box = await makeProxyBox();
  const pairs: [what: string, headers: Record<string, string>, query: string][] = [
    ["two headers", { ...bearer("any"), "x-api-key": tokenOf("other") }, ""],
    ["the other way round", { ...bearer("other"), "x-goog-api-key": tokenOf("any") }, ""],
    ["a header and the query", bearer("narrow"), `key=${tokenOf("any")}`],
    ["the query alone", {}, `key=${tokenOf("any")}&key=${tokenOf("other")}`],
    ["a client with less rights first", { ...bearer("barred"), "api-key": tokenOf("minter") }, ""],
  ];
  for (const [what, headers, query] of pairs) {
    await t.step(what, async () => {
      assert.equal((await box.handle(rawRequest(`${MODELS}?${query}`, { headers }))).status, 401);
    });
  }
  assert.deepEqual([box.sent, box.vault.opened], [[], []]);
});

Deno.test("makeHandler() stops taking a token at its expiry, and one that was removed", async () => {
  using box = await makeProxyBox();
  const status = async (name: string) =>
    (await box.handle(rawRequest(MODELS, { headers: bearer(name) }))).status;
  assert.equal(await status("brief"), 200);
  await box.clock.advance(1);
  assert.equal(await status("brief"), 401);
  assert.equal(await status("other"), 200);
  await box.elsewhere.change((draft) => draft.remove("client", "other"));
  assert.equal(await status("other"), 401);
});

Deno.test("makeHandler() passes method, body and signal on as they are", async () => {
  using box = await makeProxyBox();
  let pulls = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (++pulls === 1) return controller.enqueue(Uint8Array.of(7, 0, 255));
      controller.close();
    },
  }, { highWaterMark: 0 });
  const { signal } = new AbortController();
  const headers = { ...bearer("any"), "content-type": "application/json" };
  await box.handle(rawRequest("/openai/v1/responses", { method: "POST", headers, body, signal }));
  const sent = box.sent[0]!;
  assert.equal(sent.method, "POST");
  assert.equal(pulls, 0);
  assert.deepEqual(await new Response(sent.body).bytes(), Uint8Array.of(7, 0, 255));
  assert.equal(sent.signal, signal);
  assert.equal(sent.headers.get("content-type"), "application/json");
});

Deno.test("makeHandler() relays what the provider says, also a redirect, and calls nobody else", async () => {
  const init = { status: 307, headers: { "location": "https://evil.test/", "set-cookie": "a=b" } };
  using box = await makeProxyBox({ upstream: () => Promise.resolve(new Response("moved", init)) });
  const answer = await box.handle(
    rawRequest(MODELS, { headers: { ...bearer("any"), "accept-encoding": "gzip" } }),
  );
  assert.equal(answer.status, 307);
  assert.equal(await answer.text(), "moved");
  assert.deepEqual(Object.fromEntries(answer.headers), {
    "content-type": "text/plain;charset=UTF-8",
    "location": "https://evil.test/",
  });
  assert.equal(box.sent.length, 1);
});

Deno.test("makeHandler() logs a request when its answer has ended", async (t) => {
  await t.step("complete", async () => {
    using box = await makeProxyBox({
      async upstream() {
        await box.clock.advance(250);
        return new Response("twelve bytes", { status: 201 });
      },
    });
    const target = `/agents/me.1/openai/v1/models?q=canary&key=${tokenOf("any")}`;
    const answer = await box.handle(rawRequest(target));
    assert.deepEqual(box.lines, []);
    await answer.text();
    await settle();
    assert.deepEqual(box.lines, [{
      time: "2026-11-02T09:00:00.000Z",
      client: "any",
      agent: "me.1",
      provider: "openai",
      method: "GET",
      path: "/agents/me.1/openai/v1/models",
      status: 201,
      bytes: 12,
      ms: 250,
      error: undefined,
    }]);
  });
  await t.step("broken off", async () => {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (one) => one.error(new Error("broken")),
    });
    using box = await makeProxyBox({ upstream: () => Promise.resolve(new Response(body)) });
    const answer = await box.handle(rawRequest(MODELS, { headers: bearer("any") }));
    await assert.rejects(answer.text());
    await settle();
    assert.deepEqual(box.lines.map((line) => [line.status, line.error]), [[200, "upstream_broke_off"]]);
  });
  await t.step("given up by the client, so that the server aborts the call upstream", async () => {
    const controller = new AbortController();
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (one) => controller.signal.addEventListener("abort", () => one.error(controller.signal.reason)),
    });
    using box = await makeProxyBox({ upstream: () => Promise.resolve(new Response(body)) });
    const request = rawRequest(MODELS, { headers: bearer("any"), signal: controller.signal });
    const waiting = (await box.handle(request)).text();
    await settle();
    controller.abort();
    await assert.rejects(waiting);
    await settle();
    assert.deepEqual(box.lines.map((line) => [line.status, line.error]), [[200, "client_gone"]]);
  });
  await t.step("given up by the client", async () => {
    using box = await makeProxyBox();
    const answer = await box.handle(rawRequest(MODELS, { headers: bearer("any") }));
    await answer.body!.cancel();
    assert.deepEqual(box.lines.map((line) => [line.status, line.error]), [[200, "client_gone"]]);
  });
});

Deno.test("makeHandler() tells its health to anybody who may call it, and nothing else", async (t) => {
  using box = await makeProxyBox();
  await box.clock.advance(1500);
  await t.step("without a token", async () => {
    const answer = await box.handle(rawRequest("/health"));
    assert.deepEqual(await answer.json(), { status: "ok", version: "1.2.3", uptime_ms: 1500 });
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
  });
  const rows: [target: string, headers: Record<string, string>, status: number][] = [
    ["/health?x", {}, 200],
    ["/health", { "x-target-url": "https://evil.test/" }, 200],
    ["/health", { origin: "https://evil.test" }, 403],
    ["/health", { "sec-fetch-site": "cross-site" }, 403],
    ["/health", { host: "evil.test" }, 421],
    ["/health", { host: `${AUTHORITY}.evil.test` }, 421],
    ["/health/", {}, 401],
    ["/Health", {}, 401],
    ["//health", {}, 401],
    ["/health;x", {}, 401],
    ["/health/../openai/v1/models", {}, 400],
  ];
  for (const [target, headers, status] of rows) {
    await t.step(`${target} ${JSON.stringify(headers)}`, async () => {
      assert.equal((await box.handle(rawRequest(target, { headers }))).status, status);
    });
  }
  assert.deepEqual([box.sent, box.vault.opened], [[], []]);
});
