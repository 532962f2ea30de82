import assert from "node:assert/strict";
import type { Grant } from "../../../../lib/oauth/service.ts";
import { codexService } from "../../../../lib/oauth/services/codex.ts";
import { Secret } from "../../../../lib/secret.ts";
import { assertNoCanary, CANARY } from "../../../support/canary.ts";
import { loginMachine, openGrant } from "../../../support/fake_login.ts";
import { blocked, errorBody, type Fault, movesTo, replies } from "../../../support/vendors/faults.ts";

/** What leaves a request without an answer: the runtime's words. */
const breaks = (words: string): Fault => () => Promise.reject(new TypeError(words));

const BEFORE: Grant = {
  login: { accessToken: new Secret("old"), refreshToken: new Secret(CANARY) },
  fields: { expiresAt: "2027-01-02T03:04:05.000Z", renewable: true },
};

const TOKENS = { access_token: "new", refresh_token: "next", token_type: "Bearer", expires_in: 60 };

const ANSWERS: [what: string, fault: Fault, state: string, reason?: RegExp][] = [
  ["tokens", replies(200, TOKENS), "renewed"],
  ["tokens, and no type", replies(200, { access_token: "new" }), "renewed"],
  ["tokens of type bearer", replies(200, { ...TOKENS, token_type: "bEaReR" }), "renewed"],
  ["tokens of another type", replies(200, { ...TOKENS, token_type: "DPoP" }), "lost", /not be understood/],
  ["tokens with status 201", replies(201, TOKENS), "renewed"],
  ["a refresh token alone", replies(200, { refresh_token: "next" }), "renewed"],
  ["401 with a code", replies(401, errorBody("refresh_token_reused")), "refused", /used before/],
  ["401 with any code", replies(401, errorBody(CANARY)), "refused", /answered with status 401/],
  ["401 and nothing", replies(401), "refused", /answered with status 401/],
  ["401 with a challenge", replies(401, {}, { "www-authenticate": `Bearer error="${CANARY}"` }), "refused"],
  ["401 with a page", replies(401, `<html>${CANARY}`), "failed", /401 and a page/],
  ["invalid_grant with status 500", replies(500, errorBody("invalid_grant")), "failed"],
  ["invalid_grant with status 429", replies(429, errorBody("invalid_grant")), "failed"],
  ["invalid_grant", replies(400, errorBody("invalid_grant", "flat")), "refused", /no longer valid/],
  ["token_expired", replies(403, errorBody("token_expired", "bare")), "refused", /has expired/],
  ["invalid_grant in capitals", replies(400, { error: "INVALID_GRANT" }), "refused", /no longer valid/],
  ["another code", replies(400, errorBody("invalid_request")), "failed", /did not understand/],
  ["an unknown code", replies(400, errorBody(CANARY)), "failed", /answered with status 400/],
  ["another country", replies(403, errorBody("unsupported_country_region_territory")), "failed", /VPN/],
  ["a firewall", blocked, "failed", /403 and a page/],
  ["too many", replies(429, { error: { code: "rate_limit" } }), "failed", /status 429/],
  ["a server that is ill", replies(500, CANARY), "failed", /status 500/],
  ["a page of one", replies(502, `<html>${CANARY}`), "failed", /502 and a page/],
  ["a redirect", movesTo(`https://evil.test/${CANARY}`), "failed", /the endpoint moved/],
  ["no connection", breaks("client error (Connect): Connection refused"), "failed", /refused the connection/],
  ["no name", breaks("dns error"), "failed", /could not be resolved/],
  ["a broken connection", breaks(`reset ${CANARY}`), "lost", /broke off/],
  ["success and nothing", replies(200), "lost", /could not be understood/],
  ["success and an empty object", replies(200, {}), "lost", /could not be understood/],
  ["success and an ID token", replies(200, { id_token: CANARY }), "lost", /could not be understood/],
  ["success and a page", replies(200, `<html>${CANARY}`), "lost", /could not be understood/],
  ["success and a list", replies(200, [TOKENS]), "lost", /could not be understood/],
  ["a token that can't be sent", replies(200, { access_token: "a\r\nb" }), "lost", /could not be understood/],
];

Deno.test("a renewal ends as the answer says: …", async (t) => {
  for (const [what, fault, state, reason = /./] of ANSWERS) {
    await t.step(what, async () => {
      const { sender, system, requests } = loginMachine(() => fault(() => Promise.reject(new Error())));
      const renewal = await codexService(sender, system).renew(BEFORE);
      assert.equal(renewal.state, state);
      assert.equal(requests.length, 1, "it was sent again");
      if (renewal.state === "renewed") return;
      assert.match(renewal.reason, reason);
      assert.doesNotMatch(renewal.reason, /upstream-words/);
      assertNoCanary(JSON.stringify(renewal), "the renewal");
    });
  }
});

Deno.test("a renewal sends the refresh token to the token endpoint only", async () => {
  const { sender, system, requests } = loginMachine(() => Response.json(TOKENS));
  const renewal = await codexService(sender, system).renew(BEFORE);
  assert.ok(renewal.state === "renewed");
  const { access, refresh } = openGrant(renewal.grant);
  assert.deepEqual([access, refresh], ["new", "next"]);
  const [{ url, headers, body }] = requests as [typeof requests[0]];
  assert.equal(url, "https://auth.openai.com/oauth/token");
  assert.equal(headers.get("user-agent"), "agentgazer/1.2.3");
  assert.equal(headers.get("authorization"), null);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
    grant_type: "refresh_token",
    refresh_token: CANARY,
    client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
  });
});

Deno.test("without a refresh token nothing is sent", async () => {
  const { sender, system, requests } = loginMachine(() => Response.json(TOKENS));
  const grant: Grant = { login: { accessToken: new Secret("a") }, fields: {} };
  assert.equal((await codexService(sender, system).renew(grant)).state, "refused");
  assert.deepEqual(requests, []);
});

const REVOCATIONS: [what: string, fault: Fault, problem: RegExp | undefined][] = [
  ["nothing", replies(200), undefined],
  ["an object", replies(200, { ok: true }), undefined],
  ["an error", replies(400, errorBody("invalid_request")), /did not understand/],
  ["a server that is ill", replies(503, CANARY), /status 503/],
  ["a firewall", blocked, /403 and a page/],
  ["a redirect", movesTo("https://evil.test/"), /the endpoint moved/],
  ["no connection", breaks("client error (Connect): Connection refused"), /refused the connection/],
  ["a broken connection", breaks("reset"), /broke off/],
];

Deno.test("revoke() says why it could not be confirmed: the answer is …", async (t) => {
  for (const [what, fault, problem] of REVOCATIONS) {
    await t.step(what, async () => {
      const { sender, system, requests } = loginMachine(() => fault(() => Promise.reject(new Error())));
      const said = await codexService(sender, system).revoke!(BEFORE.login);
      if (problem === undefined) assert.equal(said, undefined);
      else assert.match(said ?? "", problem);
      assert.equal(requests[0]!.url, "https://auth.openai.com/oauth/revoke");
      assertNoCanary(said ?? "", "what is said");
    });
  }
});

Deno.test("revoke() ends the whole login where it can", async (t) => {
  const logins: [login: Grant["login"], token: string, hint: string][] = [
    [BEFORE.login, CANARY, "refresh_token"],
    [{ accessToken: new Secret("a") }, "a", "access_token"],
  ];
  for (const [login, token, token_type_hint] of logins) {
    await t.step(token_type_hint, async () => {
      const { sender, system, requests } = loginMachine(() => new Response());
      await codexService(sender, system).revoke!(login);
      assert.deepEqual(JSON.parse(requests[0]!.body), {
        token,
        token_type_hint,
        client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
      });
      assert.equal(requests[0]!.headers.get("content-type"), "application/json");
    });
  }
});
