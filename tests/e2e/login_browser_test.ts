import assert from "node:assert/strict";
import { join } from "node:path";
import { beginLogin, browserScene, freed, secretsIn, storedIn, visit } from "../support/browser_login.ts";
import { testWith } from "../support/needs.ts";
import { challengeOf } from "../support/vendors/issued.ts";
import { makeHang } from "../support/vendors/faults.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

testWith(NEEDS, "login openai-oauth asks for exactly what the Codex client may have", async () => {
  await using scene = await browserScene();
  const seen = new Set<string>();
  for (let round = 0; round < 2; round++) {
    await using login = await beginLogin(scene);
    const { origin, pathname, searchParams, hash } = new URL(login.url);
    assert.equal(origin + pathname + hash, "https://auth.openai.com/oauth/authorize");
    const { state, code_challenge, ...fixed } = Object.fromEntries(searchParams);
    assert.deepEqual(fixed, {
      response_type: "code",
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
      redirect_uri: "http://localhost:1455/auth/callback",
      scope: "openid profile email offline_access",
      code_challenge_method: "S256",
      id_token_add_organizations: "true",
      codex_cli_simplified_flow: "true",
      originator: "agentgazer",
    });
    assert.equal(searchParams.size, 10);
    for (const random of [state!, code_challenge!]) {
      assert.match(random, /^[\w-]{43}$/);
      assert.ok(!seen.has(random), "it is used a second time");
      seen.add(random);
    }
    assert.equal(new URL(scene.codex.approve(login.url)).searchParams.get("state"), state);
  }
  assert.equal(scene.providers.received.length, 0);
});

testWith(NEEDS, "the page says that the login succeeded once its tokens are in the vault", async (t) => {
  await using scene = await browserScene();
  const { codex, providers } = scene;
  await using login = await beginLogin(scene);
  const hang = makeHang();
  codex.traps.exchange = hang.fault;
  let isShown = false;
  const page = visit(codex.approve(login.url)).finally(() => isShown = true);
  await hang.arrived;

  await t.step("not while the exchange is under way", async () => {
    assert.deepEqual(await storedIn(scene), []);
    assert.equal(isShown, false);
  });
  await t.step("not while the vault can't be written", async () => {
    await Deno.mkdir(scene.box.home, { recursive: true, mode: 0o700 });
    using lock = await Deno.open(join(scene.box.home, "vault.lock"), {
      create: true,
      write: true,
      mode: 0o600,
    });
    await lock.lock(true);
    hang.release();
    for (let look = 0; look < 3; look++) assert.deepEqual(await storedIn(scene), []);
    assert.equal(isShown, false);
  });
  const { status, head, text } = await page;
  await t.step("when the page is there, so are the tokens", async () => {
    assert.deepEqual(await storedIn(scene), ["openai-oauth"]);
    assert.equal(status, 200);
    assert.match(text, /^You are logged in\b.*go back to the terminal\.$/);
  });
  await t.step("the page is kept nowhere and tells nobody", () => {
    assert.match(head, /^cache-control: no-store\r$/im);
    assert.match(head, /^referrer-policy: no-referrer\r$/im);
    assert.match(head, /^content-security-policy: default-src 'none'/im);
    assert.match(head, /^connection: close\r?$/im);
  });
  const { code, stdout, stderr } = await login.ended;
  await t.step("the command ends, and has shown no secret", () => {
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /logged in to OpenAI Codex as someone@example\.test \(plus\)\n.*agentgazer start\n$/,
    );
    assert.deepEqual(secretsIn(scene, stderr + text + head), []);
  });
  await t.step("the exchange is what the server asks for", () => {
    const { headers, body } = providers.takeOne();
    const { code, code_verifier, ...fixed } = Object.fromEntries(new URLSearchParams(text8(body)));
    assert.deepEqual(fixed, {
      grant_type: "authorization_code",
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
      redirect_uri: "http://localhost:1455/auth/callback",
    });
    assert.ok(code!.startsWith("ac_"));
    assert.equal(challengeOf(code_verifier!), new URL(login.url).searchParams.get("code_challenge"));
    assert.ok(!login.url.includes(code_verifier!));
    assert.match(headers.get("user-agent")!, /^agentgazer\/\d/);
    assert.equal(headers.get("authorization"), null);
  });
  await t.step("nobody listens any more", () => freed(1455));
});

testWith(NEEDS, "a second login takes the place of the first, and a failed one does not", async () => {
  await using scene = await browserScene();
  const { codex, box } = scene;
  async function logIn(email: string, decide: (url: string) => string): Promise<number> {
    codex.settings.account = { ...codex.settings.account, email };
    await using login = await beginLogin(scene);
    await visit(decide(login.url));
    return (await login.ended).code;
  }
  const accounts = async () =>
    JSON.parse((await box.run(["providers", "list", "--json"])).stdout).map(
      ({ account }: { account: string }) => account,
    );
  assert.equal(await logIn("first@example.test", codex.approve), 0);
  assert.equal(await logIn("second@example.test", codex.approve), 0);
  assert.deepEqual(await accounts(), ["second@example.test"]);
  assert.equal(await logIn("third@example.test", codex.deny), 3);
  assert.deepEqual(await accounts(), ["second@example.test"]);
});

function text8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
