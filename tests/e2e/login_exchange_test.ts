import assert from "node:assert/strict";
import { beginLogin, browserScene, freed, secretsIn, storedIn, visit } from "../support/browser_login.ts";
import { testWith } from "../support/needs.ts";
import {
  blocked,
  changes,
  cuts,
  fails,
  type Fault,
  movesTo,
  replies,
  without,
} from "../support/vendors/faults.ts";
import { makeJwt } from "../support/vendors/jwt.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

const SOON = Math.floor(Date.now() / 1000) + 3600;

/** An ID token with other claims. */
function idToken(claims: object): Fault {
  return changes({ id_token: makeJwt({ iss: "https://auth.openai.com", exp: SOON, ...claims }) });
}

/** The client of the Codex CLI. */
const OURS = "app_EMoamEEZ73f0CkXaXp7hrann";

const FAILING: [name: string, fault: Fault, code: number, reason: RegExp][] = [
  ["a firewall's page", blocked, 3, /status 403 and a page, as a firewall does/],
  ["another country", fails(403, "unsupported_country_region_territory"), 3, /country or region; a VPN/],
  [
    "an error in an object",
    fails(400, "invalid_grant", "nested"),
    3,
    /the code was used before, or has expired/,
  ],
  ["an error as text", fails(400, "invalid_grant", "flat"), 3, /the code was used before, or has expired/],
  ["an error as a code", fails(400, "invalid_grant", "bare"), 3, /the code was used before, or has expired/],
  ["an error that nobody knows", fails(400, "<script>alert(1)</script>"), 3, /answered with status 400/],
  ["another redirect address", fails(403, "token_exchange_user_error"), 3, /answered with status 403/],
  ["an error behind a challenge", challenge, 3, /the service does not know this program/],
  ["a redirect", movesTo("https://chatgpt.com/backend-api/wham/usage"), 3, /the endpoint moved/],
  ["an answer that breaks off", cuts, 7, /the answer of auth\.openai\.com broke off/],
  ["a failure of the server", replies(500, "oops"), 3, /answered with status 500/],
  ["a failure with a page", replies(502, "<html>Bad gateway"), 3, /status 502 and a page/],
  ["too many requests", replies(429, {}), 3, /answered with status 429/],
  ["a page in place of tokens", replies(200, "<html>Log in</html>"), 3, /could not be understood/],
  ["an empty answer", replies(200, ""), 3, /could not be understood/],
  ["a list", replies(200, []), 3, /could not be understood/],
  ["no access token", without("access_token"), 3, /could not be understood/],
  ["an empty access token", changes({ access_token: "" }), 3, /could not be understood/],
  ["an access token that splits a header", changes({ access_token: "a\r\nb" }), 3, /could not be understood/],
  ["an ID token for another program", idToken({ aud: ["app_other"] }), 3, /for another program/],
  ["an ID token of another server", idToken({ aud: OURS, iss: "https://x.test" }), 3, /of another server/],
];

const ENOUGH: [name: string, fault: Fault][] = [
  ["no token_type", without("token_type")],
  ["no refresh_token", without("refresh_token")],
  ["no id_token", without("id_token")],
  ["no expires_in", without("expires_in")],
  ["nothing but the access token", without("token_type", "refresh_token", "id_token", "expires_in", "scope")],
  ["unknown fields", changes({ earliest_refresh_at: null, scope: 1, organization: {} })],
  ["an ID token for several", idToken({ aud: ["app_other", OURS] })],
];

testWith(NEEDS, "an exchange that fails ends the login, says why, and stores nothing", async (t) => {
  await using scene = await browserScene();
  const { codex } = scene;
  for (const [name, fault, expected, reason] of FAILING) {
    await t.step(name, async () => {
      codex.traps.exchange = fault;
      scene.providers.received.length = 0;
      await using login = await beginLogin(scene);
      const page = await visit(codex.approve(login.url));
      const { code, stdout, stderr } = await login.ended;
      assert.deepEqual([page.status, code, stdout], [400, expected, ""], stderr);
      assert.match(page.text, /^The login failed +Cannot log in: .*\. The terminal says what to do next\.$/);
      assert.match(page.text, reason);
      assert.match(stderr, /agentgazer: error: Cannot log in: .*\nagentgazer: hint: try again\n$/);
      assert.match(stderr, reason);
      // Words of others could repeat a secret, and secrets are nobody's to read.
      const shown = stderr + page.text + page.head;
      assert.doesNotMatch(shown, /upstream-words|script>|oops|Bad gateway|Just a moment|app_other/);
      assert.deepEqual(secretsIn(scene, shown), []);
      // A code is good for one try.
      assert.equal(scene.providers.received.length, 1);
    });
  }
  assert.deepEqual(await storedIn(scene), []);
  await freed(1455);
});

testWith(NEEDS, "an exchange that gives less or more than usual is enough", async (t) => {
  await using scene = await browserScene();
  const { codex, box } = scene;
  for (const [name, fault] of ENOUGH) {
    await t.step(name, async () => {
      codex.traps.exchange = fault;
      await using login = await beginLogin(scene);
      const { status, text } = await visit(codex.approve(login.url));
      const { code, stderr } = await login.ended;
      assert.deepEqual([status, code], [200, 0], text + stderr);
      assert.deepEqual(await storedIn(scene), ["openai-oauth"]);
      assert.equal((await box.run(["logout", "openai-oauth"])).code, 0);
    });
  }
});

testWith(NEEDS, "a no in the browser ends the login", async (t) => {
  await using scene = await browserScene();
  const { codex } = scene;
  const entitlement = "User lacks missing_codex_entitlement <b>here</b>";
  const rows: [name: string, extra: Record<string, string>, reason: RegExp, hint: string][] = [
    ["declined", {}, /it was declined in the browser/, "try again"],
    ["no Codex", { error_description: entitlement }, /does not include Codex/, "choose another workspace"],
    ["something else", { error: "server_error", error_description: "<script>" }, /an error/, "try again"],
    ["with a code too", { code: "ac_x" }, /it was declined/, "try again"],
  ];
  for (const [name, extra, reason, hint] of rows) {
    await t.step(name, async () => {
      await using login = await beginLogin(scene);
      const page = await visit(codex.deny(login.url, extra));
      const { code, stderr } = await login.ended;
      assert.deepEqual([page.status, code], [400, 3], stderr);
      assert.match(page.text, /^The login failed/);
      for (const text of [page.text, stderr]) assert.match(text, reason);
      assert.match(stderr, new RegExp(`hint: ${hint}`));
      assert.doesNotMatch(page.text + stderr, /entitlement|<script>|<b>|server_error/);
    });
  }
  assert.equal(scene.providers.received.length, 0);
  assert.deepEqual(await storedIn(scene), []);
});

/** An error that is announced in a header, where libraries look first. */
function challenge(): Response {
  const headers = { "www-authenticate": 'Bearer error="invalid_token", error_description="upstream-words"' };
  return Response.json({ error: "invalid_client", error_description: "upstream-words" }, {
    status: 401,
    headers,
  });
}
