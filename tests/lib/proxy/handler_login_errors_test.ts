import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { Refusal } from "../../../lib/proxy/refusal.ts";
import { bearer, credentialOf, rawRequest } from "../../support/proxy_box.ts";
import { makeRenewingBox, refuses, type RenewingBox } from "../../support/renewing_box.ts";

const HINT = "agentgazer login openai-oauth";
const ENDED = new AppError("login_required", "The login has ended", HINT);

function call(box: RenewingBox, id = "openai-oauth", signal?: AbortSignal): Promise<Response> {
  const target = id === "openai-oauth" ? "/openai-oauth/v1/responses" : `/${id}/v1/messages`;
  return box.handle(rawRequest(target, { headers: bearer("any"), ...signal && { signal } }));
}

/** Every login with the shape of its provider's errors. */
const DIALECTS: [id: string, shape: (error: { message: string; code: string }) => unknown][] = [
  ["openai-oauth", (error) => ({ error: { ...error, type: "agentgazer_error" } })],
  ["minimax-oauth", (error) => ({ type: "error", error: { ...error, type: "authentication_error" } })],
  ["zhipu-coding-plan", (error) => ({ error: { ...error, type: "agentgazer_error" } })],
];

Deno.test("makeHandler() answers 401 in the provider's dialect when there is no token to be had", async (t) => {
  for (const [id, shape] of DIALECTS) {
    await t.step(id, async () => {
      using box = await makeRenewingBox({ replies: [], ensure: () => Promise.reject(ENDED) });
      const answer = await call(box, id);
      assert.equal(answer.status, 401);
      const message = `agentgazer: The login has ended. Hint: ${HINT}`;
      assert.deepEqual(await answer.json(), shape({ message, code: "login_required" }));
      assert.deepEqual(box.got, []);
      assert.deepEqual(box.lines.map(({ error }) => error), ["login_required"]);
    });
  }
});

const ENSURE: [error: unknown, status: number, code: string][] = [
  [new AppError("network_failed", "It could not be renewed"), 502, "upstream_failed"],
  [new AppError("keystore_unavailable", "It is locked"), 503, "vault_unavailable"],
  [new AppError("vault_unavailable", "The disk is full"), 503, "vault_unavailable"],
  [new AppError("vault_damaged", "It is damaged"), 503, "vault_unavailable"],
  [new TypeError(`with ${credentialOf("openai-oauth")}`), 500, "bug"],
];

Deno.test("makeHandler() calls nobody when a token could not be renewed in time", async (t) => {
  for (const [error, status, code] of ENSURE) {
    await t.step(code, async () => {
      using box = await makeRenewingBox({ replies: [], ensure: () => Promise.reject(error) });
      const answer = await call(box);
      const text = await answer.text();
      assert.deepEqual([answer.status, JSON.parse(text).error.code], [status, code]);
      assert.ok(!(text + box.events.join()).includes(credentialOf("openai-oauth")));
      assert.deepEqual(box.got, []);
    });
  }
});

Deno.test("makeHandler() says that a login is needed when the refused one has ended", async (t) => {
  for (const [id, shape] of DIALECTS.slice(0, 2)) {
    await t.step(id, async () => {
      using box = await makeRenewingBox({ replies: [refuses()], replace: () => Promise.reject(ENDED) });
      const answer = await call(box, id);
      const message = `agentgazer: The login has ended. Hint: ${HINT}`;
      assert.deepEqual([answer.status, await answer.json()], [
        401,
        shape({ message, code: "login_required" }),
      ]);
      assert.equal(answer.headers.get("x-words"), null);
      assert.deepEqual([box.got.length, box.lines.length], [1, 1]);
    });
  }
});

const CODES = [
  "network_failed",
  "vault_unavailable",
  "vault_damaged",
  "keystore_unavailable",
  "key_mismatch",
  "refused",
] as const;

Deno.test("makeHandler() passes the refusal on when nobody knows whether there is another token", async (t) => {
  for (const code of CODES) {
    await t.step(code, async () => {
      const failed = new AppError(code, "It failed", "a hint");
      using box = await makeRenewingBox({ replies: [refuses()], replace: () => Promise.reject(failed) });
      const answer = await call(box);
      assert.deepEqual([answer.status, await answer.json()], [401, { error: "from the provider" }]);
      assert.deepEqual(box.lines.map(({ error }) => error), [undefined]);
    });
  }
  await t.step("but a bug is one", async () => {
    const bug = new TypeError(credentialOf("openai-oauth"));
    using box = await makeRenewingBox({ replies: [refuses()], replace: () => Promise.reject(bug) });
    assert.equal((await call(box)).status, 500);
    assert.match(box.events.join(), /^error: bug: TypeError\n/);
    assert.ok(!box.events.join().includes(credentialOf("openai-oauth")));
  });
});

Deno.test("makeHandler() sends nothing again for a client that was removed meanwhile", async () => {
  using box = await makeRenewingBox({
    replies: [refuses()],
    async replace(box) {
      await box.elsewhere.change((draft) => draft.remove("client", "any"));
      return true;
    },
  });
  const answer = await call(box);
  assert.deepEqual([answer.status, (await answer.json()).error.code], [401, "client_token_invalid"]);
  assert.equal(box.got.length, 1);
});

Deno.test("makeHandler() tells no bug when the client goes while its token is renewed", async (t) => {
  for (const renewed of [true, false]) {
    await t.step(renewed ? "there is another token" : "there is no other token", async () => {
      const client = new AbortController();
      using box = await makeRenewingBox({
        replies: [
          // As the runtime does: when the client goes, the answer's body fails.
          ({ signal }) => {
            const body = new ReadableStream({
              start: (to) => signal.addEventListener("abort", () => to.error(signal.reason)),
            });
            return new Response(body, { status: 401 });
          },
          () => Promise.reject(new Refusal("upstream_failed", "The client went away")),
        ],
        async replace(box, id) {
          await box.store(id, "another");
          client.abort();
          return renewed;
        },
      });
      const answer = await call(box, "openai-oauth", client.signal);
      await answer.text().catch(() => {});
      assert.deepEqual(box.events, []);
      assert.deepEqual(box.lines.map(({ error }) => error), ["client_gone"]);
    });
  }
});

Deno.test("makeHandler() sends again although the first answer broke off meanwhile", async () => {
  const body = new ReadableStream({ start: (to) => to.error(new Error("the connection broke")) });
  using box = await makeRenewingBox({ replies: [new Response(body, { status: 401 }), Response.json({})] });
  assert.equal((await call(box)).status, 200);
});

Deno.test("makeHandler() lets go of an answer that is not passed on", async (t) => {
  const rows: [what: string, replace: () => Promise<boolean>][] = [
    ["the request is sent again", () => Promise.resolve(true)],
    ["our own answer takes its place", () => Promise.reject(ENDED)],
  ];
  for (const [what, replace] of rows) {
    await t.step(what, async () => {
      let cancelled = 0;
      const body = new ReadableStream({ cancel: () => void cancelled++ });
      using box = await makeRenewingBox({
        replies: [new Response(body, { status: 401 }), Response.json({})],
        replace,
      });
      await (await call(box)).text();
      assert.equal(cancelled, 1);
    });
  }
});
