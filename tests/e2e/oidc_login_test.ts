import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { takeCallbackPorts } from "../support/callback_ports.ts";
import { testWith } from "../support/needs.ts";
import { OIDC_CLIENT, OIDC_REDIRECTS } from "../support/oidc.ts";
import { type OidcScene, startOidcScene } from "../support/oidc_scene.ts";

// The login in the browser against a real authorization server, which enforces what the standards say.
const NEEDS = ["compile", "namespace", "openssl"] as const;

const codeIn = (url: string) => new URL(url).searchParams.get("code")!;

/** The parameters with which somebody else would redeem a code. */
const theft = (code: string, more: Readonly<Record<string, string>> = {}) => ({
  grant_type: "authorization_code",
  client_id: OIDC_CLIENT,
  redirect_uri: OIDC_REDIRECTS[0],
  code,
  ...more,
});

const REFUSED = [400, "invalid_grant"] as const;

testWith(NEEDS, "a login, a stolen code without its verifier, and a logout", async () => {
  using _ports = await takeCallbackPorts();
  await using scene = await startOidcScene();
  const { oidc, box, refreshTokens } = scene;
  await using login = await scene.begin();
  assert.equal(login.asked.get("redirect_uri"), OIDC_REDIRECTS[0]);
  const back = await oidc.authorize(login.page);
  const code = codeIn(back);

  assert.deepEqual(await scene.redeem(theft(code)), REFUSED);
  assert.deepEqual(await scene.redeem(theft(code, { code_verifier: "x".repeat(43) })), REFUSED);
  assert.deepEqual(
    await scene.redeem(theft(code, { code_verifier: login.asked.get("code_challenge")! })),
    REFUSED,
  );

  const { status, text } = await login.open(back);
  assert.deepEqual([status, /You are logged in/.test(text)], [200, true]);
  const { code: exit, stdout, stderr } = await login.command.ended;
  assert.deepEqual([exit, stdout], [0, ""]);
  assert.match(stderr, /logged in to OpenAI Codex as user@example\.com \(plus\)/);

  const { form } = oidc.calls.at(-1)!;
  const { code_verifier, ...others } = form;
  assert.match(code_verifier!, /^[\w-]{43}$/);
  const challenge = createHash("sha256").update(code_verifier!).digest("base64url");
  assert.equal(challenge, login.asked.get("code_challenge"));
  assert.deepEqual(others, theft(code), "a public client proves nothing else, and sends no secret");

  assert.equal((await scene.test()).result, "valid");
  assert.equal((await box.run(["logout", "openai-oauth"])).code, 0);
  assert.deepEqual(oidc.calls.at(-1), {
    kind: "revocation",
    form: { token: refreshTokens[0], token_type_hint: "refresh_token", client_id: OIDC_CLIENT },
    status: 200,
  });
  const again = { grant_type: "refresh_token", client_id: OIDC_CLIENT, refresh_token: refreshTokens[0]! };
  assert.deepEqual(await scene.redeem(again), REFUSED);
  assert.equal(await scene.listed(), undefined);
});

testWith(
  NEEDS,
  "with port 1455 taken, the other one is named, exactly, and the address can be pasted",
  async () => {
    using _ports = await takeCallbackPorts();
    await using scene = await startOidcScene();
    const { oidc } = scene;
    using _other = Deno.listen({ hostname: "127.0.0.1", port: 1455 });
    await using login = await scene.begin();
    assert.equal(login.asked.get("redirect_uri"), OIDC_REDIRECTS[1]);
    for (const [from, to] of [["1457", "1456"], ["localhost", "127.0.0.1"], ["callback", "callback%2F"]]) {
      await assert.rejects(oidc.authorize(login.page.replace(from!, to!)), /invalid_redirect_uri/, to);
    }
    const back = await oidc.authorize(login.page);
    await login.command.type(back.replace("1457", "1455") + "\n");
    await login.command.shown(/paste the address that begins with/);
    assert.equal(oidc.count("exchange"), 0);
    await login.command.type(back + "\n");
    const { code, stderr } = await login.command.ended;
    assert.equal(code, 0, stderr);
    assert.equal(oidc.calls[0]!.form.redirect_uri, OIDC_REDIRECTS[1]);
  },
);

const TAMPERED: readonly [what: string, change: (back: URL) => void][] = [
  ["another issuer", ({ searchParams }) => searchParams.set("iss", "https://auth.example.com")],
  [
    "an issuer that differs by a slash",
    ({ searchParams }) => searchParams.set("iss", "https://auth.openai.com/"),
  ],
  ["an issuer in other letters", ({ searchParams }) => searchParams.set("iss", "https://AUTH.openai.com")],
  ["two issuers", ({ searchParams }) => searchParams.append("iss", "https://auth.openai.com")],
  ["another state", ({ searchParams }) => searchParams.set("state", "x".repeat(43))],
  ["no state", ({ searchParams }) => searchParams.delete("state")],
  ["two codes", ({ searchParams }) => searchParams.append("code", "x")],
  ["no code", ({ searchParams }) => searchParams.delete("code")],
  ["a token beside the code", ({ searchParams }) => searchParams.set("id_token", "x.y.z")],
];

testWith(NEEDS, "a callback is refused, and the login goes on, with …", async (t) => {
  using _ports = await takeCallbackPorts();
  await using scene = await startOidcScene();
  const { oidc } = scene;
  await using login = await scene.begin();
  const back = await oidc.authorize(login.page);
  assert.equal(new URL(back).searchParams.get("iss"), "https://auth.openai.com");
  for (const [what, change] of TAMPERED) {
    await t.step(what, async () => {
      const url = new URL(back);
      change(url);
      const { status, text } = await login.open(url.href);
      assert.deepEqual([status, text.includes("This address was refused")], [400, true]);
      assert.equal(oidc.count("exchange"), 0);
    });
  }
  await t.step("the right one", async () => {
    assert.equal((await login.open(back)).status, 200);
    assert.equal((await login.command.ended).code, 0);
    assert.equal(oidc.count("exchange"), 1);
  });
});

testWith(NEEDS, "an error that another issuer sends is refused, and the login goes on", async () => {
  using _ports = await takeCallbackPorts();
  await using scene = await startOidcScene();
  const { oidc } = scene;
  await using login = await scene.begin();
  const back = await oidc.authorize(login.page);
  const forged = new URL(back);
  forged.searchParams.delete("code");
  forged.searchParams.set("error", "access_denied");
  forged.searchParams.set("iss", "https://auth.example.com");
  const { status, text } = await login.open(forged.href);
  assert.deepEqual([status, text.includes("This address was refused")], [400, true]);
  assert.equal((await login.open(back)).status, 200);
  assert.equal((await login.command.ended).code, 0);
});

testWith(NEEDS, "who says no in the browser is not logged in", async () => {
  using _ports = await takeCallbackPorts();
  await using scene = await startOidcScene();
  scene.oidc.decision = "deny";
  await using login = await scene.begin();
  const { code, stderr } = await login.finish();
  assert.equal(code, 3);
  assert.match(stderr, /Cannot log in: it was declined in the browser/);
  assert.doesNotMatch(stderr, /the user said no/);
  await assertNothingStored(scene);
});

/** Nothing was asked for or kept. */
async function assertNothingStored({ oidc, listed }: OidcScene): Promise<void> {
  assert.equal(oidc.count("exchange"), 0);
  assert.equal(await listed(), undefined);
}
