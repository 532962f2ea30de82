import assert from "node:assert/strict";
import type { Grant } from "../../../../lib/oauth/service.ts";
import { minimaxService } from "../../../../lib/oauth/services/minimax.ts";
import { Secret } from "../../../../lib/secret.ts";
import { assertNoCanary, CANARY } from "../../../support/canary.ts";
import { loginMachine, openGrant } from "../../../support/fake_login.ts";
import { blocked, errorBody, type Fault, movesTo, replies } from "../../../support/vendors/faults.ts";
import { baseResp } from "../../../support/vendors/minimax_device.ts";

/** A login in this region. */
const login = (region?: string): Grant => ({
  login: { accessToken: new Secret("old"), refreshToken: new Secret(CANARY) },
  fields: { renewable: true, ...region !== undefined && { region } },
});

const TOKENS = { status: "success", access_token: "new", refresh_token: "next", expired_in: 60 };

/** What leaves a request without an answer: the runtime's words. */
const breaks = (words: string): Fault => () => Promise.reject(new TypeError(words));

const ANSWERS: [what: string, fault: Fault, state: string, reason?: RegExp][] = [
  ["tokens", replies(200, TOKENS), "renewed"],
  ["tokens without a status", replies(200, { access_token: "new" }), "renewed"],
  ["tokens with status 201", replies(201, TOKENS), "renewed"],
  ["an error behind 200", replies(200, { status: "error" }), "refused", /refused the refresh token/],
  ["a bad token behind 200", replies(200, baseResp(1004, CANARY)), "refused", /refused the refresh/],
  ["another bad token behind 200", replies(200, baseResp(2049, CANARY)), "refused", /refused the refresh/],
  ["too many behind 200", replies(200, baseResp(1002, CANARY)), "failed", /answered with an error/],
  [
    "a server that is ill, behind 200",
    replies(200, baseResp(1000, CANARY)),
    "failed",
    /answered with an error/,
  ],
  ["null as base_resp", replies(200, { base_resp: null }), "lost", /could not be understood/],
  ["invalid_grant", replies(400, errorBody("invalid_grant", "flat")), "refused", /no longer valid/],
  ["a used token", replies(400, errorBody("refresh_token_reused")), "refused", /used before/],
  ["invalid_grant with status 500", replies(500, errorBody("invalid_grant")), "failed"],
  ["400", replies(400, baseResp(2013, CANARY)), "refused", /status 400/],
  ["401", replies(401, baseResp(1004, CANARY)), "refused", /status 401/],
  ["403", replies(403), "refused", /status 403/],
  ["404", replies(404), "refused", /status 404/],
  ["408", replies(408), "failed", /status 408/],
  ["429", replies(429), "failed", /status 429/],
  ["500", replies(500, CANARY), "failed", /status 500/],
  ["503", replies(503, baseResp(1000, CANARY)), "failed", /status 503/],
  ["a firewall", blocked, "failed", /403 and a page/],
  ["a page with status 401", replies(401, `<html>${CANARY}`), "failed", /401 and a page/],
  ["a redirect", movesTo(`https://evil.test/${CANARY}`), "failed", /the endpoint moved/],
  ["no connection", breaks("client error (Connect): Connection refused"), "failed", /refused the connection/],
  ["a broken connection", breaks(`reset ${CANARY}`), "lost", /broke off/],
  ["success and nothing", replies(200), "lost", /could not be understood/],
  ["success and an empty object", replies(200, {}), "lost", /could not be understood/],
  ["success and a page", replies(200, `<html>${CANARY}`), "lost", /could not be understood/],
  ["a token that can't be sent", replies(200, { access_token: "a\nb" }), "lost", /could not be understood/],
];

Deno.test("a renewal ends as the answer says: …", async (t) => {
  for (const [what, fault, state, reason = /./] of ANSWERS) {
    await t.step(what, async () => {
      const { sender, system, requests } = loginMachine(() => fault(() => Promise.reject(new Error())));
      const renewal = await minimaxService(sender, system).renew(login("global"));
      assert.equal(renewal.state, state);
      assert.equal(requests.length, 1, "it was sent again");
      if (renewal.state === "renewed") return;
      assert.match(renewal.reason, reason);
      assert.doesNotMatch(renewal.reason, /upstream-words/);
      assertNoCanary(JSON.stringify(renewal), "the renewal");
    });
  }
});

const REGIONS: [region: string | undefined, host: string, taken: string][] = [
  ["global", "account.minimax.io", "global"],
  ["cn", "account.minimaxi.com", "cn"],
  [undefined, "account.minimax.io", "global"],
  ["", "account.minimax.io", "global"],
  ["eu", "account.minimax.io", "global"],
  ["evil.test", "account.minimax.io", "global"],
  ["__proto__", "account.minimax.io", "global"],
  ["constructor", "account.minimax.io", "global"],
];

Deno.test("a renewal is sent to the login's own region", async (t) => {
  for (const [region, host, taken] of REGIONS) {
    await t.step(`${region}`, async () => {
      const { sender, system, requests } = loginMachine(() => Response.json(TOKENS));
      const renewal = await minimaxService(sender, system).renew(login(region));
      assert.ok(renewal.state === "renewed");
      const { access, refresh, region: stored } = openGrant(renewal.grant);
      assert.deepEqual([access, refresh, stored], ["new", "next", taken]);
      const [{ url, headers, body }] = requests as [typeof requests[0]];
      assert.equal(url, `https://${host}/oauth2/token`);
      assert.equal(headers.get("user-agent"), "agentgazer/1.2.3");
      assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
        grant_type: "refresh_token",
        client_id: "78257093-7e40-4613-99e0-527b14b39113",
        refresh_token: CANARY,
      });
    });
  }
});

Deno.test("without a refresh token nothing is sent", async () => {
  const { sender, system, requests } = loginMachine(() => Response.json(TOKENS));
  const grant: Grant = { login: { accessToken: new Secret("a") }, fields: {} };
  assert.equal((await minimaxService(sender, system).renew(grant)).state, "refused");
  assert.deepEqual(requests, []);
});
