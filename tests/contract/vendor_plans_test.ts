import assert from "node:assert/strict";
import { ask, form, type Reply, STATE, VERIFIER } from "../support/vendors/asking.ts";
import { type Region } from "../support/vendors/desk.ts";
import { challengeOf, randomText } from "../support/vendors/issued.ts";
import { baseResp } from "../support/vendors/minimax_device.ts";
import { makeMiniMax, type MiniMax } from "../support/vendors/minimax.ts";
import { makeZhipu } from "../support/vendors/zhipu.ts";
import * as faults from "../support/vendors/faults.ts";

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
