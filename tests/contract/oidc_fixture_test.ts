import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { type Oidc, OIDC_ACCOUNT, OIDC_CLIENT, OIDC_REDIRECTS, startOidc } from "../support/oidc.ts";

// What a real authorization server answers to a real client. No part of agentgazer is in between.
const CLIENT: oauth.Client = { client_id: OIDC_CLIENT };
const INSECURE = { [oauth.allowInsecureRequests]: true };
const SCOPE = "openid profile email offline_access";

function server(oidc: Oidc): oauth.AuthorizationServer {
  return {
    issuer: oidc.issuer,
    token_endpoint: oidc.tokenEndpoint,
    revocation_endpoint: oidc.revocationEndpoint,
  };
}

function authorization(oidc: Oidc, parameters: Readonly<Record<string, string>>): string {
  const all = {
    response_type: "code",
    client_id: OIDC_CLIENT,
    redirect_uri: OIDC_REDIRECTS[0],
    scope: SCOPE,
    state: "a state",
    ...parameters,
  };
  return `${oidc.authorizationEndpoint}?${new URLSearchParams(all)}`;
}

async function withChallenge(oidc: Oidc, parameters: Readonly<Record<string, string>> = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const challenge = {
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
  return { verifier, url: authorization(oidc, { ...challenge, ...parameters }) };
}

async function login(oidc: Oidc): Promise<oauth.TokenEndpointResponse> {
  const { verifier, url } = await withChallenge(oidc);
  const back = oauth.validateAuthResponse(
    server(oidc),
    CLIENT,
    new URL(await oidc.authorize(url)),
    "a state",
  );
  const response = await oauth.authorizationCodeGrantRequest(
    server(oidc),
    CLIENT,
    oauth.None(),
    back,
    OIDC_REDIRECTS[0],
    verifier,
    INSECURE,
  );
  return await oauth.processAuthorizationCodeResponse(server(oidc), CLIENT, response, {
    requireIdToken: true,
  });
}

async function refresh(oidc: Oidc, token: string): Promise<oauth.TokenEndpointResponse> {
  const response = await oauth.refreshTokenGrantRequest(
    server(oidc),
    CLIENT,
    oauth.None(),
    token,
    INSECURE,
  );
  return await oauth.processRefreshTokenResponse(server(oidc), CLIENT, response);
}

async function errorOf(oidc: Oidc, url: string): Promise<string | null> {
  return new URL(await oidc.authorize(url)).searchParams.get("error_description");
}

function claimsOf(jwt: string): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(jwt.split(".")[1]!, {
    alphabet: "base64url",
  })));
}

const REFUSED = { error: "invalid_grant", status: 400 };

Deno.test("a login gives an access token, a refresh token and the account's claims", async () => {
  await using oidc = await startOidc({ accessTokenLifetime: 90 });
  const tokens = await login(oidc);
  assert.equal(tokens.expires_in, 90);
  assert.equal(tokens.scope, SCOPE);
  assert.equal(typeof tokens.refresh_token, "string");
  const identity = oauth.getValidatedIdTokenClaims(tokens)!;
  for (const [name, value] of Object.entries(OIDC_ACCOUNT)) assert.deepEqual(identity[name], value, name);
  const access = claimsOf(tokens.access_token);
  assert.equal(Number(access.exp) - Number(access.iat), 90);
  assert.deepEqual(
    access["https://api.openai.com/auth"],
    OIDC_ACCOUNT["https://api.openai.com/auth"],
  );
  assert.deepEqual(oidc.calls.map(({ kind, status }) => [kind, status]), [["exchange", 200]]);
});

Deno.test("what the Codex client adds to a request is passed over", async () => {
  await using oidc = await startOidc();
  const { url } = await withChallenge(oidc, {
    scope: `${SCOPE} api.connectors.read`,
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    originator: "a test",
    redirect_uri: OIDC_REDIRECTS[1],
  });
  const back = await oidc.authorize(url);
  assert.match(back, /^http:\/\/localhost:1457\/auth\/callback\?code=/);
});

Deno.test("a request without a challenge, or with a plain one, is refused", async () => {
  await using oidc = await startOidc();
  assert.match((await errorOf(oidc, authorization(oidc, {})))!, /PKCE/);
  for (const method of [{ code_challenge_method: "plain" }, {}]) {
    const url = authorization(oidc, { code_challenge: "x".repeat(43), ...method });
    assert.match((await errorOf(oidc, url))!, /code_challenge_method/);
  }
});

Deno.test("a redirect address that is not registered gets no answer", async () => {
  await using oidc = await startOidc();
  for (
    const redirect_uri of [
      "http://localhost:1456/auth/callback",
      "http://127.0.0.1:1455/auth/callback",
      "http://localhost:1455/auth/callback/",
      "http://localhost:1455/auth/callback?x",
    ]
  ) {
    const { url } = await withChallenge(oidc, { redirect_uri });
    await assert.rejects(oidc.authorize(url), /answered 400: invalid_redirect_uri/, redirect_uri);
  }
});

Deno.test("a user who says no", async () => {
  await using oidc = await startOidc();
  oidc.decision = "deny";
  const { url } = await withChallenge(oidc);
  const back = new URL(await oidc.authorize(url));
  assert.throws(() => oauth.validateAuthResponse(server(oidc), CLIENT, back, "a state"), {
    error: "access_denied",
    error_description: "the user said no",
  });
});

Deno.test("another verifier is refused, and a code works once", async () => {
  await using oidc = await startOidc();
  async function exchange(code: string, verifier: string): Promise<number> {
    const form = {
      grant_type: "authorization_code",
      client_id: OIDC_CLIENT,
      redirect_uri: OIDC_REDIRECTS[0],
      code,
      code_verifier: verifier,
    };
    const response = await fetch(oidc.tokenEndpoint, { method: "POST", body: new URLSearchParams(form) });
    await response.body?.cancel();
    return response.status;
  }
  const { verifier, url } = await withChallenge(oidc);
  const code = async () => new URL(await oidc.authorize(url)).searchParams.get("code")!;
  assert.equal(await exchange(await code(), oauth.generateRandomCodeVerifier()), 400);
  const used = await code();
  assert.deepEqual([await exchange(used, verifier), await exchange(used, verifier)], [200, 400]);
});

Deno.test("a refresh rotates; the old token again ends the whole family", async () => {
  await using oidc = await startOidc();
  const first = (await login(oidc)).refresh_token!;
  const second = (await refresh(oidc, first)).refresh_token!;
  const third = (await refresh(oidc, second)).refresh_token!;
  assert.equal(new Set([first, second, third]).size, 3);
  await assert.rejects(refresh(oidc, first), REFUSED);
  await assert.rejects(refresh(oidc, third), REFUSED);
  assert.equal(oidc.count("refresh"), 4);
});

Deno.test("a revoked token is refused, whether a form or JSON revoked it", async () => {
  await using oidc = await startOidc();
  const revoked = (await login(oidc)).refresh_token!;
  const other = (await login(oidc)).refresh_token!;
  const response = await oauth.revocationRequest(server(oidc), CLIENT, oauth.None(), revoked, INSECURE);
  await oauth.processRevocationResponse(response);
  await response.body?.cancel();
  await assert.rejects(refresh(oidc, revoked), REFUSED);

  const next = (await refresh(oidc, other)).refresh_token!;
  const answer = await fetch(oidc.revocationEndpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: next, token_type_hint: "refresh_token", client_id: OIDC_CLIENT }),
  });
  assert.deepEqual([answer.status, await answer.text()], [200, ""]);
  await assert.rejects(refresh(oidc, next), REFUSED);
  assert.equal(oidc.count("revocation"), 2);
});

Deno.test("the server's clock is its own", async () => {
  await using oidc = await startOidc({ refreshTokenLifetime: 60 });
  const before = Date.now();
  oidc.skew = -30;
  const { refresh_token } = await login(oidc);
  oidc.skew = 31;
  await assert.rejects(refresh(oidc, refresh_token!), REFUSED);
  const { exp } = oauth.getValidatedIdTokenClaims(await login(oidc))!;
  assert.ok(exp * 1000 >= before + (31 + 60 * 60 - 1) * 1000);
  assert.ok(Date.now() - before < 31_000);
});

Deno.test("under another name, and with a lost answer", async () => {
  await using oidc = await startOidc({ issuer: "https://auth.openai.com" });
  const { url } = await withChallenge(oidc);
  assert.match(url, /^https:\/\/auth\.openai\.com\/oauth\/authorize\?/);
  const back = new URL(await oidc.authorize(url));
  assert.equal(back.searchParams.get("iss"), "https://auth.openai.com");
  oidc.around = async (request, next) => {
    await next(request);
    return new Response("lost", { status: 502 });
  };
  const request = new Request(oidc.tokenEndpoint, { method: "POST", body: new URLSearchParams() });
  assert.equal((await oidc.answer(request)).status, 502);
  assert.deepEqual(oidc.calls, [{ kind: "other", form: {}, status: 400 }]);
});

Deno.test("a request that never gets an answer does not keep the server", async () => {
  const oidc = await startOidc();
  const arrived = Promise.withResolvers<void>();
  oidc.around = () => {
    arrived.resolve();
    return new Promise(() => {});
  };
  const lost = assert.rejects(fetch(oidc.issuer), TypeError);
  await arrived.promise;
  await oidc[Symbol.asyncDispose]();
  await lost;
});
