import { createHash } from "node:crypto";
import assert from "node:assert/strict";
import { startBrowserLogin } from "../../../support/codex_browser_box.ts";
import { isSettled } from "../../../support/fake_callback.ts";
import { openGrant } from "../../../support/fake_login.ts";
import { START_TIME } from "../../../support/fake_system.ts";

Deno.test("a login in the browser stores the tokens and closes its port", async (t) => {
  for (const server of [0, 1]) {
    await t.step(server === 0 ? "over IPv4" : "over IPv6", async () => {
      const { authorizeUrl, visit, codex, kept, login, servers } = startBrowserLogin();
      const { status, page } = await visit(codex.approve(await authorizeUrl()), server);
      await login;
      assert.equal(status, 200);
      assert.match(page, /You are logged in/);
      assert.equal(kept.length, 1);
      const { id, email, plan } = codex.settings.account;
      const { access, refresh, expiresAt: _, ...known } = openGrant(kept[0]!);
      assert.deepEqual(known, { renewable: true, accountId: id, account: email, plan });
      const secrets = codex.secrets();
      assert.ok(secrets.includes(access as string) && secrets.includes(refresh as string));
      assert.deepEqual(servers.map(({ isClosed }) => isClosed), [true, true]);
    });
  }
});

Deno.test("the authorize URL asks as Codex CLI does, in our own name", async () => {
  const { authorizeUrl, talk, visit, codex, login, requests } = startBrowserLogin();
  const url = new URL(await authorizeUrl());
  assert.equal(url.origin + url.pathname, "https://auth.openai.com/oauth/authorize");
  const { state, code_challenge, ...others } = Object.fromEntries(url.searchParams);
  assert.deepEqual(others, {
    response_type: "code",
    client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
    redirect_uri: "http://localhost:1455/auth/callback",
    scope: "openid profile email offline_access",
    code_challenge_method: "S256",
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    originator: "agentgazer",
  });
  assert.match(state!, /^[\w-]{43}$/);
  assert.deepEqual(talk.said, [
    `Log in to OpenAI on this page:\n${url}`,
    "If the browser can't open its last page, copy that page's address and paste it here.",
  ]);
  assert.deepEqual(talk.pictures, []);
  const { what, until, onLine } = await talk.waiting;
  assert.equal(what, "the login in the browser");
  assert.equal(until - START_TIME, 10 * 60_000);
  assert.notEqual(onLine, undefined);
  await visit(codex.approve(url.href));
  await login;

  const [{ url: endpoint, headers, body }] = requests as [typeof requests[0]];
  assert.equal(requests.length, 1);
  assert.equal(endpoint, "https://auth.openai.com/oauth/token");
  assert.equal(headers.get("user-agent"), "agentgazer/1.2.3");
  const { code, code_verifier, ...form } = Object.fromEntries(new URLSearchParams(body));
  assert.ok(codex.secrets().includes(code!));
  assert.match(code_verifier!, /^[\w-]{43}$/);
  assert.notEqual(code_verifier, state);
  assert.equal(createHash("sha256").update(code_verifier!).digest("base64url"), code_challenge);
  assert.deepEqual(form, {
    grant_type: "authorization_code",
    client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
    redirect_uri: "http://localhost:1455/auth/callback",
  });
});

Deno.test("the address can be pasted", async () => {
  const { authorizeUrl, talk, codex, kept, login, servers } = startBrowserLogin();
  const address = codex.approve(await authorizeUrl());
  const { onLine } = await talk.waiting;
  assert.match(onLine!("https://evil.test/") ?? "", /^paste the address that begins with http/);
  assert.equal(onLine!(address), undefined);
  await login;
  assert.equal(kept.length, 1);
  assert.ok(servers.every(({ isClosed }) => isClosed));
});

const BUSY: [what: string, hostname: string][] = [["on IPv4", "127.0.0.1"], ["on IPv6", "::1"]];

Deno.test("the second port is taken when the first is busy", async (t) => {
  for (const [what, busy] of BUSY) {
    await t.step(what, async () => {
      const { authorizeUrl, visit, codex, kept, login, servers, requests } = startBrowserLogin({
        refuse({ hostname, port }) {
          if (hostname === busy && port === 1455) throw Object.assign(new Error(), { name: "AddrInUse" });
        },
      });
      const url = await authorizeUrl();
      const redirect = "http://localhost:1457/auth/callback";
      assert.equal(new URL(url).searchParams.get("redirect_uri"), redirect);
      assert.deepEqual(servers.filter(({ isClosed }) => !isClosed).map(({ port }) => port), [1457, 1457]);
      const address = codex.approve(url);
      assert.ok(address.startsWith(`${redirect}?`));
      const open = servers.findIndex(({ isClosed }) => !isClosed);
      assert.equal((await visit(address, open)).status, 200);
      await login;
      assert.equal(new URLSearchParams(requests[0]!.body).get("redirect_uri"), redirect);
      assert.equal(kept.length, 1);
      assert.ok(servers.every(({ isClosed }) => isClosed));
    });
  }
});

Deno.test("the page says that the login succeeded only once it is stored", async () => {
  const storing = Promise.withResolvers<void>();
  const stored = Promise.withResolvers<void>();
  const { authorizeUrl, visit, codex, login, servers } = startBrowserLogin({
    keep() {
      storing.resolve();
      return stored.promise;
    },
  });
  const address = codex.approve(await authorizeUrl());
  const visiting = visit(address);
  await storing.promise;
  assert.equal((await visit(address, 1)).status, 409);
  assert.equal(await isSettled(visiting), false, "the page came too early");
  assert.equal(await isSettled(login), false);
  assert.ok(servers.every(({ isClosed }) => !isClosed));
  stored.resolve();
  assert.equal((await visiting).status, 200);
  await login;
});
