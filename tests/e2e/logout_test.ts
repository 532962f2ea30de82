import assert from "node:assert/strict";
import { ELSEWHERE, startDeviceScene } from "../support/device_scene.ts";
import { assertRun, callsIn, logInByCode, storedNames } from "../support/login_run.ts";
import { testWith } from "../support/needs.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { blocked, cuts, fails, type Fault, makeHang, movesTo, replies } from "../support/vendors/faults.ts";
import type { LoginScene } from "../support/vendors/login_scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const LOGOUT = ["logout", "openai-oauth"];
const REVOKE = "POST auth.openai.com/oauth/revoke";

const UNCONFIRMED = "it could not be confirmed that the login ended at the service: ";

testWith(NEEDS, "logout openai-oauth ends the login there and here", async (t) => {
  await using scene = await sceneWithCodex();
  const { box, codex } = scene;
  const refresh = codex.secrets().filter((secret) => secret.startsWith("rt_"));
  await t.step("the refresh token is revoked", async () => {
    const run = await box.run(LOGOUT);
    assertRun(
      scene,
      run,
      0,
      /^agentgazer: logged out of OpenAI Codex: its tokens are removed from the vault\n$/,
    );
    assert.deepEqual(codex.revoked, refresh);
    assert.deepEqual(callsIn(scene), [REVOKE]);
    assert.deepEqual(await storedNames(box), []);
  });
  await t.step("a second time there is nothing to end", async () => {
    assertRun(
      scene,
      await box.run(LOGOUT),
      4,
      /Cannot log out of OpenAI Codex: there is no login\n.*providers list/,
    );
    assert.deepEqual(callsIn(scene), [REVOKE]);
  });
});

/** What the service does instead of confirming, and what is said. */
const TROUBLES: [what: string, revoke: Fault | "gone", says: string][] = [
  ["silence", makeHang().fault, "auth.openai.com did not answer within 15 seconds"],
  [
    "half an answer",
    () => cuts(() => Promise.resolve(Response.json({}))),
    "the answer of auth.openai.com broke off",
  ],
  ["nobody", "gone", "auth.openai.com refused the connection"],
  ["a firewall's page", blocked, "auth.openai.com answered with status 403 and a page, as a firewall does"],
  ["400", replies(400, "upstream-words"), "auth.openai.com answered with status 400"],
  ["401", fails(401, "invalid_client"), "the service does not know this program any more"],
  ["500", replies(500), "auth.openai.com answered with status 500"],
  [
    "a redirect",
    movesTo(ELSEWHERE),
    "the endpoint moved: auth.openai.com answered with a redirect, which is not",
  ],
  [
    "a redirect on the host",
    replies(302, undefined, { location: "/x" }),
    "the endpoint moved: auth.openai.com",
  ],
];

testWith(
  NEEDS,
  "logout openai-oauth says what is not certain, and removes the tokens all the same",
  async (t) => {
    await sideBySide(t, TROUBLES, async ([, revoke, says]) => {
      await using scene = await sceneWithCodex();
      if (revoke === "gone") await scene.providers[Symbol.asyncDispose]();
      else scene.codex.traps.revoke = revoke;
      const run = await scene.box.run(LOGOUT);
      assertRun(
        scene,
        run,
        0,
        /^agentgazer: logged out of OpenAI Codex: its tokens are removed from the vault\n/,
      );
      assert.ok(run.stderr.includes(`\nagentgazer: ${UNCONFIRMED}${says}`), run.stderr);
      assert.match(run.stderr, /\nagentgazer: hint: end it on its site, in the settings of your account\n$/);
      assert.deepEqual(await storedNames(scene.box), []);
      // A token is sent once, and nowhere else.
      assert.deepEqual(callsIn(scene), revoke === "gone" ? [] : [REVOKE]);
    });
  },
);

testWith(NEEDS, "logout is felt by the next request of a running proxy", async () => {
  await using scene = await sceneWithCodex();
  const { box, providers } = scene;
  await using proxy = await box.start();
  const env = JSON.parse((await box.run(["env", "--shell", "json"])).stdout);
  const call = () =>
    fetch(`${proxy.url}/openai-oauth/v1/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${env.OPENAI_API_KEY}`, "content-type": "application/json" },
      body: "{}",
    });
  const before = await call();
  assert.deepEqual([before.status, (await before.text()).includes("response.completed")], [200, true]);
  assertRun(scene, await box.run(LOGOUT), 0, /logged out/);
  providers.received.length = 0;
  const after = await call();
  const { error } = await after.json();
  assert.deepEqual([after.status, error.code], [401, "credential_missing"]);
  assert.match(error.message, /agentgazer login openai-oauth/);
  assert.deepEqual(providers.received, []);
});

testWith(NEEDS, "logout takes logins only", async (t) => {
  await using scene = await startDeviceScene();
  await scene.box.run(["providers", "set", "openai"], { stdin: "sk-proj-x" });
  const rows: [args: string[], code: number, says: RegExp][] = [
    [["openai"], 2, /has no login: it takes an API key/],
    [["anthropic"], 2, /has no login: it takes an API key/],
    [["nobody"], 2, /providers list/],
    [["__proto__"], 2, /providers list/],
    [[""], 2, /providers list/],
    [[], 2, /The argument <id> is missing/],
    [["minimax-oauth"], 4, /Cannot log out of MiniMax Coding Plan: there is no login/],
    [["zhipu-coding-plan"], 4, /Cannot log out of Zhipu GLM Coding Plan: there is no login/],
  ];
  for (const [args, code, says] of rows) {
    await t.step(`logout ${args.join(" ")}`, async () => {
      assertRun(scene, await scene.box.run(["logout", ...args]), code, says);
      assert.deepEqual([await storedNames(scene.box), callsIn(scene)], [["api-key:openai"], []]);
    });
  }
});

/** A scene in which somebody is logged in to OpenAI; what was asked until then is forgotten. */
async function sceneWithCodex(): Promise<LoginScene> {
  const scene = await startDeviceScene();
  const run = await logInByCode(scene.box, ["openai-oauth", "--device"], scene.codex.approveDevice);
  assertRun(scene, run, 0, /logged in/);
  scene.providers.received.length = 0;
  return scene;
}
