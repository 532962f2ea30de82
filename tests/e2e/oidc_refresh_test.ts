import assert from "node:assert/strict";
import { takeCallbackPorts } from "../support/callback_ports.ts";
import { testWith } from "../support/needs.ts";
import { OIDC_CLIENT } from "../support/oidc.ts";
import { API_HOST, type OidcScene, startOidcScene } from "../support/oidc_scene.ts";

// Refreshes against a real server, which rotates its tokens and notices when an old one comes back.
const NEEDS = ["compile", "namespace", "openssl"] as const;

/** In seconds: less than the five minutes before its end in which a token is renewed. */
const SHORT = 200;

const refreshWith = (refresh_token: string) => ({
  grant_type: "refresh_token",
  client_id: OIDC_CLIENT,
  refresh_token,
});

async function logIn(scene: OidcScene): Promise<void> {
  using _ports = await takeCallbackPorts();
  await scene.logIn();
}

testWith(
  NEEDS,
  "a refresh token is used once; if somebody uses it again, the login is over, for good",
  async (t) => {
    await using scene = await startOidcScene({ accessTokenLifetime: SHORT });
    const { oidc, box, accepted, refreshTokens } = scene;
    await logIn(scene);
    await t.step("a token that ends soon is renewed before it is used, and once", async () => {
      for (const _ of [1, 2]) assert.equal((await scene.test()).result, "valid");
      assert.equal(oidc.count("refresh"), 1);
      assert.equal((await scene.listed()).status, "logged-in");
    });
    await t.step("one that the API refuses is renewed with the rotated token", async () => {
      accepted.length = 0;
      assert.equal((await scene.test()).result, "valid");
      const used = oidc.calls.filter(({ kind }) => kind === "refresh").map(({ form }) => form.refresh_token);
      assert.deepEqual(used, refreshTokens.slice(0, 2));
      assert.equal(new Set(refreshTokens).size, 3);
    });
    await t.step("the first one again ends all of them", async () => {
      assert.deepEqual(await scene.redeem(refreshWith(refreshTokens[0]!)), [400, "invalid_grant"]);
      accepted.length = 0;
      const { code, result, detail } = await scene.test();
      assert.deepEqual([code, result], [3, "rejected"]);
      assert.match(detail, /can't be renewed: the login is no longer valid: agentgazer login openai-oauth/);
      assert.deepEqual(oidc.calls.at(-1), {
        kind: "refresh",
        form: refreshWith(refreshTokens[2]!),
        status: 400,
      });
    });
    await t.step("that is remembered, by other commands and the proxy", async () => {
      const before = oidc.calls.length;
      assert.equal((await scene.test()).code, 3);
      const { status, lastError } = await scene.listed();
      assert.deepEqual([status, lastError.message], ["refresh-failed", "the login is no longer valid"]);
      const { stdout: token } = await box.run(["clients", "add", "app"]);
      await using proxy = await box.start();
      const headers = { authorization: `Bearer ${token.trim()}` };
      const response = await fetch(`${proxy.url}/openai-oauth/models`, { headers });
      const text = await response.text();
      assert.match(text, /agentgazer login openai-oauth/, `${response.status}`);
      assert.equal(oidc.calls.length, before);
    });
    await t.step("until somebody logs in again", async () => {
      await logIn(scene);
      assert.equal((await scene.test()).result, "valid");
      const { status, lastError } = await scene.listed();
      assert.deepEqual([status, lastError], ["logged-in", undefined]);
    });
  },
);

testWith(NEEDS, "a refresh whose answer was lost is not tried for ever, and the reason says so", async () => {
  await using scene = await startOidcScene({ accessTokenLifetime: SHORT });
  const { oidc, providers, accepted } = scene;
  await logIn(scene);
  const honest = oidc.around;
  oidc.around = async (request, next) => {
    await next(request);
    oidc.around = honest;
    return new Response('{"access_token": "trunca', { status: 200 });
  };
  providers.received.length = 0;
  const { detail } = await scene.test();
  assert.equal(oidc.count("refresh"), 2, "once more, with the token that was spent by then");
  accepted.length = 0;
  const over = await scene.test();
  assert.equal(over.code, 3, detail);
  assert.match(over.detail, /no longer valid; the answer to the first attempt was lost/);
  assert.equal(oidc.count("refresh"), 2);
  assert.ok(
    providers.received.some(({ host }) => host === API_HOST),
    "the token was still good for minutes",
  );
});

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** By how many seconds the server's clock is ahead; the tokens are good for an hour. */
const SKEWS: readonly [what: string, skew: number, refreshes: number][] = [
  ["two minutes ahead", 2 * MINUTE, 0],
  ["two minutes behind", -2 * MINUTE, 0],
  ["ten minutes ahead", 10 * MINUTE, 0],
  ["ten minutes behind", -10 * MINUTE, 0],
  ["a day ahead", DAY, 0],
  ["a day behind", -DAY, 0],
];

testWith(NEEDS, "a login works, and its end is what the token says, with the server's clock …", async (t) => {
  await using scene = await startOidcScene();
  const { oidc, accepted } = scene;
  for (const [what, skew, refreshes] of SKEWS) {
    await t.step(what, async () => {
      oidc.skew = skew;
      await logIn(scene);
      const { status, expiresAt } = await scene.listed();
      const end = endOf(accepted.at(-1)!);
      assert.equal(status, "logged-in");
      // What has ended before it arrived is taken to last as long as the answer says.
      if (Date.parse(end) > Date.now()) assert.equal(expiresAt, end);
      else assert.ok(Date.parse(expiresAt) > Date.now());
      const before = oidc.count("refresh");
      for (let use = 0; use <= refreshes; use++) assert.equal((await scene.test()).result, "valid");
      assert.equal(oidc.count("refresh") - before, refreshes);
    });
  }
  await t.step("a day ahead: the API's refusal ends a token that seems good", async () => {
    oidc.skew = DAY;
    await logIn(scene);
    accepted.length = 0;
    const before = oidc.count("refresh");
    assert.equal((await scene.test()).result, "valid");
    assert.equal(oidc.count("refresh") - before, 1);
  });
});

/** The ISO time in `exp`. */
function endOf(jwt: string): string {
  const bytes = Uint8Array.fromBase64(jwt.split(".")[1]!, { alphabet: "base64url" });
  return new Date(JSON.parse(new TextDecoder().decode(bytes)).exp * 1000).toISOString();
}
