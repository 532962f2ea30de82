import assert from "node:assert/strict";
import {
  ACCOUNTS,
  ask,
  authorizeUrl,
  codeOf,
  exchange,
  form,
  json,
  login,
  REDIRECT,
  refresh,
  STATE,
  TOKEN,
  usage,
  VERIFIER,
} from "../support/vendors/asking.ts";
import { CODEX_CLIENT, DEVICE_REDIRECT } from "../support/vendors/codex_authorize.ts";
import { makeCodex } from "../support/vendors/codex.ts";
import { randomText } from "../support/vendors/issued.ts";

// What is known of the vendors' login servers. Where this fails, logins are tested against something else.
Deno.test("codex: the page asks, and sends the browser back", async () => {
  const codex = makeCodex();
  const page: string = (await ask(codex, authorizeUrl())).json;
  assert.match(page, /id="allow"/);
  const target = (pattern: RegExp) =>
    new URL(pattern.exec(page)![1]!.replaceAll("&amp;", "&"), "https://auth.openai.com").href;
  const allowed = await ask(codex, target(/action="([^"]+)"/), { method: "POST" });
  assert.equal(allowed.status, 302);
  const back = new URL(allowed.headers.get("location")!);
  assert.deepEqual([back.origin + back.pathname, back.searchParams.get("state")], [REDIRECT, STATE]);
  assert.equal((await exchange(codex, codeOf(back.href))).status, 200);
  const denied = await ask(codex, target(/href="([^"]+)"/));
  assert.equal(denied.headers.get("location"), `${REDIRECT}?error=access_denied&state=${STATE}`);
  assert.equal(codex.lastAuthorize?.get("originator"), "agentgazer");
  for (const name of new URL(authorizeUrl()).searchParams.keys()) {
    assert.throws(() => codex.approve(authorizeUrl({ [name]: "" })), new RegExp(name));
    assert.equal((await ask(codex, authorizeUrl({ [name]: "" }))).status, 400);
  }
  assert.throws(() => codex.approve(authorizeUrl() + "&state=x"), /twice/);
});

Deno.test("codex: the exchange takes the right verifier and redirect, once", async () => {
  const codex = makeCodex();
  const approve = (changed = {}) => codeOf(codex.approve(authorizeUrl(changed)));
  const { id_token, ...rest } = await login(codex);
  const claims = JSON.parse(new TextDecoder().decode(
    Uint8Array.fromBase64(id_token.split(".")[1]!, { alphabet: "base64url" }),
  ));
  assert.deepEqual(claims.aud, [CODEX_CLIENT]);
  assert.equal(claims["https://api.openai.com/auth"].chatgpt_account_id, codex.settings.account.id);
  assert.deepEqual(Object.keys(rest), ["access_token", "refresh_token", "expires_in", "token_type"]);
  assert.equal((await exchange(codex, approve(), { code_verifier: randomText(32) })).status, 400);
  assert.equal((await exchange(codex, approve(), { redirect_uri: REDIRECT + "/" })).status, 400);
  assert.equal((await exchange(codex, "ac_unknown")).status, 400);
  const elsewhere = { redirect_uri: "http://localhost:1456/auth/callback" };
  assert.equal((await exchange(codex, approve(elsewhere), elsewhere)).status, 403);
  const code = approve();
  const { access_token } = (await exchange(codex, code)).json;
  assert.equal((await usage(codex, access_token)).status, 200);
  assert.equal((await exchange(codex, code)).status, 400);
  assert.equal((await usage(codex, access_token)).json.error.code, "token_invalidated");
  assert.equal(codex.counts.exchange, 7);
});

Deno.test("codex: refresh tokens rotate, and a spent one ends the login", async () => {
  const codex = makeCodex();
  const { refresh_token, access_token } = await login(codex);
  const fields = { grant_type: "refresh_token", client_id: CODEX_CLIENT, refresh_token };
  const second = (await form(codex, TOKEN, fields)).json;
  assert.equal((await usage(codex, second.access_token)).status, 200);
  assert.equal((await usage(codex, second.access_token, "other")).status, 401);
  const reused = await refresh(codex, refresh_token);
  assert.deepEqual([reused.status, reused.json.error.code], [401, "refresh_token_reused"]);
  assert.equal((await refresh(codex, second.refresh_token)).json.error.code, "refresh_token_invalidated");
  assert.equal((await usage(codex, access_token)).status, 401);
  assert.equal(codex.counts.refresh, 3);
  const known = codex.secrets();
  for (const secret of [refresh_token, access_token, second.refresh_token, VERIFIER]) {
    assert.ok(known.includes(secret));
  }
  assert.ok(!codex.secrets(["verifier"]).includes(VERIFIER));
});

Deno.test("codex: tokens end before their time, in time, or when they are revoked", async () => {
  let now = Date.now();
  const codex = makeCodex({ now: () => now, accessLifetime: 60, rotates: false });
  const first = await login(codex);
  codex.invalidateAccessTokens();
  assert.equal((await usage(codex, first.access_token)).json.error.code, "token_invalidated");
  const second = (await refresh(codex, first.refresh_token)).json;
  assert.ok(!("refresh_token" in second));
  assert.equal((await usage(codex, second.access_token)).status, 200);
  now += 61_000;
  assert.equal((await usage(codex, second.access_token)).json.error.code, "token_expired");
  const third = (await refresh(codex, first.refresh_token)).json;
  const body = { token: first.refresh_token, token_type_hint: "refresh_token", client_id: CODEX_CLIENT };
  assert.deepEqual((await json(codex, "https://auth.openai.com/oauth/revoke", body)).json, "");
  assert.deepEqual(codex.revoked, [first.refresh_token]);
  assert.equal((await usage(codex, third.access_token)).status, 401);
  const other = await login(codex);
  codex.invalidateRefreshTokens();
  assert.equal((await refresh(codex, other.refresh_token)).status, 401);
  const stream = await ask(codex, "https://chatgpt.com/backend-api/codex/responses", {
    method: "POST",
    headers: {
      authorization: `Bearer ${other.access_token}`,
      "chatgpt-account-id": codex.settings.account.id,
    },
  });
  assert.match(stream.json, /^event: response\.created\ndata: \{.*\nevent: response\.completed\ndata: /s);
});

Deno.test("codex: a device login", async () => {
  const codex = makeCodex();
  const start = async () => (await json(codex, `${ACCOUNTS}/usercode`, { client_id: CODEX_CLIENT })).json;
  const poll = ({ device_auth_id, user_code }: Record<string, string>) =>
    json(codex, `${ACCOUNTS}/token`, { device_auth_id, user_code });
  const login = await start();
  assert.equal(login.interval, "5");
  assert.equal((await poll(login)).json.error.code, "deviceauth_authorization_pending");
  codex.settings.pending = { status: 404 };
  assert.deepEqual([(await poll(login)).status, (await poll(login)).json], [404, ""]);
  codex.approveDevice();
  const { authorization_code, code_verifier } = (await poll(login)).json;
  const done = await exchange(codex, authorization_code, { redirect_uri: DEVICE_REDIRECT, code_verifier });
  assert.equal(done.status, 200);
  assert.equal((await poll(login)).json.error.code, "deviceauth_authorization_unknown");
  const denied = await start();
  codex.denyDevice(denied.user_code);
  assert.equal((await poll(denied)).json.error.code, "access_denied");
  const typed = await start();
  const page = "https://auth.openai.com/codex/device";
  assert.match((await ask(codex, page)).json, /name="user_code"/);
  assert.equal((await form(codex, page, { user_code: "no" })).status, 400);
  assert.equal((await form(codex, page, { user_code: typed.user_code })).status, 200);
  assert.equal((await poll(typed)).status, 200);
  codex.settings.interval = undefined;
  assert.ok(!("interval" in await start()));
});
