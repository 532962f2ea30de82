import assert from "node:assert/strict";
import { CODEX_CLIENT, DEVICE_REDIRECT } from "../support/vendors/codex_authorize.ts";
import { type Codex, makeCodex } from "../support/vendors/codex.ts";
import type { Desk, Region } from "../support/vendors/desk.ts";
import * as faults from "../support/vendors/faults.ts";
import { parseForm } from "../support/vendors/fields.ts";
import { challengeOf, randomText } from "../support/vendors/issued.ts";
import { baseResp } from "../support/vendors/minimax_device.ts";
import { makeMiniMax, type MiniMax } from "../support/vendors/minimax.ts";
import { makeZhipu } from "../support/vendors/zhipu.ts";

// What is known of the vendors' login servers. Where this fails, logins are tested against something else.
const TOKEN = "https://auth.openai.com/oauth/token";
const USAGE = "https://chatgpt.com/backend-api/wham/usage";
const ACCOUNTS = "https://auth.openai.com/api/accounts/deviceauth";
const REDIRECT = "http://localhost:1455/auth/callback";
const VERIFIER = randomText(32);
const STATE = randomText(32);

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

async function ask(to: Desk<string>, url: string, init: RequestInit = {}): Promise<Reply> {
  const response = await to.answer(new Request(url, init));
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, json: /^[{[]/.test(text) ? JSON.parse(text) : text };
}

function form(to: Desk<string>, url: string, fields: Record<string, string>): Promise<Reply> {
  return ask(to, url, { method: "POST", body: new URLSearchParams(fields) });
}

function json(to: Desk<string>, url: string, fields: unknown): Promise<Reply> {
  const headers = { "content-type": "application/json" };
  return ask(to, url, { method: "POST", headers, body: JSON.stringify(fields) });
}

function authorizeUrl(changed: Record<string, string> = {}): string {
  return "https://auth.openai.com/oauth/authorize?" + new URLSearchParams({
    response_type: "code",
    client_id: CODEX_CLIENT,
    redirect_uri: REDIRECT,
    scope: "openid profile email offline_access",
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: "S256",
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    state: STATE,
    originator: "agentgazer",
    ...changed,
  });
}

function exchange(codex: Codex, code: string, changed: Record<string, string> = {}): Promise<Reply> {
  const grant_type = "authorization_code";
  const fields = {
    grant_type,
    code,
    redirect_uri: REDIRECT,
    client_id: CODEX_CLIENT,
    code_verifier: VERIFIER,
  };
  return form(codex, TOKEN, { ...fields, ...changed });
}

const codeOf = (url: string) => new URL(url).searchParams.get("code")!;

async function login(codex: Codex): Promise<Record<"access_token" | "refresh_token" | "id_token", string>> {
  const { status, json } = await exchange(codex, codeOf(codex.approve(authorizeUrl())));
  assert.equal(status, 200);
  return json;
}

function refresh(codex: Codex, refresh_token: string): Promise<Reply> {
  return json(codex, TOKEN, { grant_type: "refresh_token", client_id: CODEX_CLIENT, refresh_token });
}

function usage(codex: Codex, token: string, account = codex.settings.account.id): Promise<Reply> {
  return ask(codex, USAGE, {
    headers: { authorization: `Bearer ${token}`, "chatgpt-account-id": account },
  });
}

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

const MOVED = "https://evil.test/token";
/** What a refresh answers behind a fault. */
const TRAPS: [name: string, fault: faults.Fault, status: number, shows: RegExp][] = [
  ["a status", faults.replies(503), 503, /^""$/],
  ["a nested code", faults.fails(400, "invalid_grant"), 400, /^\{"error":\{"code":"invalid_grant"/],
  ["a flat code", faults.fails(400, "invalid_grant", "flat"), 400, /^\{"error":"invalid_grant","error_desc/],
  ["a bare code", faults.fails(401, "no", "bare"), 401, /^\{"code":"no"\}$/],
  ["a page", faults.blocked, 403, /<html>/],
  ["another host", faults.movesTo(MOVED), 307, /^""$/],
  ["a missing field", faults.without("access_token"), 200, /^\{"id_token":"[^"]+","refresh_token"/],
  ["a changed field", faults.changes({ token_type: "mac" }), 200, /"token_type":"mac"/],
  ["a changed body", faults.changes(() => ({})), 200, /^\{\}$/],
  ["the next requests only", faults.first(0, faults.replies(500)), 200, /"access_token"/],
  ["tokens only", faults.onTokens(faults.without("id_token")), 200, /^\{"access_token"/],
];

Deno.test("each fault fires", async (t) => {
  for (const [name, fault, status, shows] of TRAPS) {
    await t.step(name, async () => {
      const codex = makeCodex();
      const { refresh_token } = await login(codex);
      codex.traps.refresh = fault;
      const reply = await refresh(codex, refresh_token);
      assert.equal(reply.status, status);
      assert.match(JSON.stringify(reply.json), shows);
      if (status === 307) assert.equal(reply.headers.get("location"), MOVED);
      delete codex.traps.refresh;
      const isSpent = status === 200;
      assert.equal((await refresh(codex, refresh_token)).status, isSpent ? 401 : 200);
      assert.equal(codex.counts.refresh, 2);
    });
  }
});

Deno.test("a hang ends when it is released, and a cut breaks the connection behind the work", async () => {
  for (const when of ["before", "after"] as const) {
    const codex = makeCodex();
    const { refresh_token } = await login(codex);
    const hang = faults.makeHang(when);
    codex.traps.refresh = hang.fault;
    const hanging = refresh(codex, refresh_token);
    await hang.arrived;
    delete codex.traps.refresh;
    const other = await refresh(codex, refresh_token);
    hang.release();
    assert.deepEqual([other.status, (await hanging).status], when === "after" ? [401, 200] : [200, 401]);
  }
  const body = { access_token: "x".repeat(1000) };
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => faults.cuts(() => Promise.resolve(Response.json(body))),
  );
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/`);
  assert.equal(response.headers.get("content-length"), String(JSON.stringify(body).length));
  await assert.rejects(response.text());
});

Deno.test("a form is read strictly", () => {
  assert.deepEqual([...parseForm("a=1%20+&b=")!], [["a", "1  "], ["b", ""]]);
  for (const text of ["", "a", "a=1&", "a=1&a=1", "a=%2", "a=1=2", "=1"]) {
    assert.equal(parseForm(text), undefined, text);
  }
});

const HOSTS: Record<Region, string> = { global: "minimax.io", cn: "minimaxi.com" };
const CLIENT = { client_id: "78257093-7e40-4613-99e0-527b14b39113" };

function askCode(minimax: MiniMax, region: Region, changed: Record<string, string> = {}): Promise<Reply> {
  return form(minimax, `https://account.${HOSTS[region]}/oauth2/device/code`, {
    ...CLIENT,
    scope: "group_id profile model.completion",
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: "S256",
    state: STATE,
    response_type: "code",
    ...changed,
  });
}

function pollCode(
  minimax: MiniMax,
  region: Region,
  user_code: string,
  code_verifier = VERIFIER,
): Promise<Reply> {
  const grant_type = "urn:ietf:params:oauth:grant-type:user_code";
  const url = `https://account.${HOSTS[region]}/oauth2/token`;
  return form(minimax, url, { ...CLIENT, grant_type, user_code, code_verifier });
}

function refreshMiniMax(minimax: MiniMax, region: Region, refresh_token: string): Promise<Reply> {
  const url = `https://account.${HOSTS[region]}/oauth2/token`;
  return form(minimax, url, { ...CLIENT, grant_type: "refresh_token", refresh_token });
}

Deno.test("minimax: the code request", async () => {
  const minimax = makeMiniMax({ now: () => 1_790_000_000_000 });
  const { json } = await askCode(minimax, "cn");
  assert.deepEqual([json.expired_in, json.interval, json.state], [1_790_000_600_000, 3000, STATE]);
  assert.equal(new URL(json.verification_uri).host, "platform.minimaxi.com");
  minimax.settings.codeExpiry = "s";
  assert.equal((await askCode(minimax, "cn")).json.expired_in, 1_790_000_600);
  for (const name of ["client_id", "scope", "code_challenge", "code_challenge_method", "state"]) {
    const { status, json } = await askCode(minimax, "cn", { [name]: "" });
    assert.deepEqual([status, json], [400, baseResp(2013, `${name} is invalid`)]);
  }
  const bare = await form(minimax, "https://account.minimax.io/oauth2/device/code", {
    ...CLIENT,
    scope: "group_id profile model.completion",
  });
  assert.deepEqual(bare.json, baseResp(2013, "code_challenge is required"));
  minimax.traps.code = faults.changes({ state: "other", verification_uri: "https://evil.test/" });
  assert.equal((await askCode(minimax, "cn")).json.state, "other");
});

Deno.test("minimax: a login belongs to its region", async () => {
  const minimax = makeMiniMax();
  const { user_code } = (await askCode(minimax, "global")).json;
  assert.equal((await pollCode(minimax, "cn", user_code)).status, 400);
  assert.equal((await pollCode(minimax, "global", user_code, randomText(32))).status, 400);
  assert.deepEqual((await pollCode(minimax, "global", user_code)).json, { status: "pending" });
  minimax.approve("global");
  const success = (body: faults.Json) => ({ ...body, status: undefined, ...baseResp(0, "success") });
  minimax.traps.poll = faults.onTokens(faults.changes(success));
  const { access_token, refresh_token, ...rest } = (await pollCode(minimax, "global", user_code)).json;
  assert.deepEqual(rest, {
    expired_in: 7200,
    token_type: "Bearer",
    resource_url: "https://api.minimax.io/anthropic",
    notification_message: "",
    ...baseResp(0, "success"),
  });
  assert.equal((await pollCode(minimax, "global", user_code)).status, 400);
  const models = (region: Region, headers: HeadersInit) =>
    ask(minimax, `https://api.${HOSTS[region]}/anthropic/v1/models`, { headers });
  const authorization = `Bearer ${access_token}`;
  assert.equal((await models("global", { authorization })).status, 200);
  assert.equal((await models("cn", { authorization })).status, 401);
  assert.equal((await models("global", { "x-api-key": access_token })).json.base_resp.status_code, 1004);
  assert.equal((await refreshMiniMax(minimax, "cn", refresh_token)).status, 400);
  minimax.settings.tokenExpiry = "ms";
  const second = (await refreshMiniMax(minimax, "global", refresh_token)).json;
  assert.ok(second.expired_in > 1e12);
  minimax.invalidateAccessTokens();
  assert.equal((await models("global", { authorization: `Bearer ${second.access_token}` })).status, 401);
  assert.equal((await refreshMiniMax(minimax, "global", refresh_token)).json.error, "refresh_token_reused");
  assert.equal(
    (await refreshMiniMax(minimax, "global", second.refresh_token)).json.error,
    "invalid_grant",
  );
  assert.ok(minimax.secrets().includes(second.refresh_token));
});

Deno.test("minimax: a login is denied, or too late", async () => {
  let now = Date.now();
  const minimax = makeMiniMax({ now: () => now });
  const denied = (await askCode(minimax, "cn")).json;
  minimax.deny("cn");
  assert.deepEqual((await pollCode(minimax, "cn", denied.user_code)).json, { status: "error" });
  const late = (await askCode(minimax, "cn")).json;
  now = late.expired_in;
  const { status, json } = await pollCode(minimax, "cn", late.user_code);
  assert.deepEqual([status, json], [400, baseResp(2013, "user_code is expired")]);
});

Deno.test("zhipu: a key is of one region, and needs a plan", async () => {
  const zhipu = makeZhipu();
  const key = zhipu.makeKey("global");
  const models = (host: string, token = key) =>
    ask(zhipu, `https://${host}/api/coding/paas/v4/models`, {
      headers: { authorization: `Bearer ${token}` },
    });
  assert.equal((await models("api.z.ai")).status, 200);
  const foreign = await models("open.bigmodel.cn");
  assert.deepEqual([foreign.status, foreign.json.error.code], [401, "1001"]);
  assert.equal((await models("api.z.ai", "unknown")).status, 401);
  zhipu.settings.hasPlan = false;
  assert.equal((await models("api.z.ai")).json.error.code, "1113");
  zhipu.settings.hasPlan = true;
  const stream = await ask(zhipu, "https://api.z.ai/api/coding/paas/v4/chat/completions", {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
  });
  assert.match(stream.json, /^data: \{.*\n\ndata: \[DONE\]\n\n$/s);
  zhipu.revokeKey(key);
  assert.equal((await models("api.z.ai")).status, 401);
  assert.deepEqual(zhipu.secrets(), [key]);
});
