import assert from "node:assert/strict";
import type { Grant, Renewal } from "../../lib/oauth/service.ts";
import { makeServiceScene } from "../support/oidc_service.ts";
import { type Fault, replies, without } from "../support/vendors/faults.ts";

// The service of OpenAI's logins, in this process, against a real authorization server.
const DAY = 24 * 60 * 60;

/** All of a grant, to be compared. */
function shown({ login, fields }: Grant) {
  const { accessToken, refreshToken, ...others } = login;
  return { ...others, ...fields, accessToken: accessToken.reveal(), refreshToken: refreshToken?.reveal() };
}

function renewed(renewal: Renewal): Grant {
  assert.ok(renewal.state === "renewed", JSON.stringify(renewal));
  return renewal.grant;
}

const OVER = { state: "refused", reason: "the login is no longer valid" };

Deno.test("codexService.renew() rotates, and a token that comes again ends the family", async () => {
  await using scene = await makeServiceScene();
  const { service } = scene;
  const first = await scene.logIn();
  const second = renewed(await service.renew(first));
  const third = renewed(await service.renew(second));
  const [one, two, three] = [first, second, third].map(shown);
  for (const name of ["accessToken", "refreshToken"] as const) {
    assert.equal(new Set([one![name], two![name], three![name]]).size, 3, name);
  }
  for (const name of ["scope", "accountId", "account", "plan", "renewable"] as const) {
    assert.equal(three![name], one![name], name);
    assert.notEqual(three![name], undefined, name);
  }
  assert.deepEqual(await service.renew(first), OVER);
  assert.deepEqual(await service.renew(third), OVER);
});

Deno.test("codexService.renew() is refused once the server says that the token has ended", async () => {
  await using scene = await makeServiceScene(10 * 60);
  const { oidc, service } = scene;
  const grant = await scene.logIn();
  oidc.skew = 10 * 60 - 5;
  const next = renewed(await service.renew(grant));
  oidc.skew = DAY;
  assert.deepEqual(await service.renew(next), OVER);
});

Deno.test("codexService.revoke() ends the login, and says nothing more", async (t) => {
  await using scene = await makeServiceScene();
  const { oidc, service } = scene;
  await t.step("by its refresh token", async () => {
    const grant = await scene.logIn();
    assert.equal(await service.revoke!(grant.login), undefined);
    assert.deepEqual(await service.renew(grant), OVER);
  });
  await t.step("by the rotated one, and twice (RFC 7009, section 2.2)", async () => {
    const grant = renewed(await service.renew(await scene.logIn()));
    assert.equal(await service.revoke!(grant.login), undefined);
    assert.equal(await service.revoke!(grant.login), undefined);
    assert.equal(await scene.isGood(grant), false);
  });
  await t.step("only its own", async () => {
    const [one, other] = [await scene.logIn(), await scene.logIn()];
    assert.equal(await service.revoke!(one.login), undefined);
    assert.equal(await scene.isGood(other), true);
  });
  await t.step("or tells why not", async () => {
    const grant = await scene.logIn();
    const honest = oidc.around;
    oidc.around = () => Promise.resolve(new Response(null, { status: 503 }));
    assert.equal(await service.revoke!(grant.login), "auth.openai.com answered with status 503");
    oidc.around = honest;
    assert.equal(await scene.isGood(grant), true);
  });
});

const OMITTED: readonly [names: readonly string[], kept: readonly (keyof ReturnType<typeof shown>)[]][] = [
  [["refresh_token"], ["refreshToken", "renewable"]],
  [["id_token"], ["account", "plan", "accountId"]],
  [["scope"], ["scope"]],
  [["access_token"], ["accessToken", "expiresAt"]],
  [["refresh_token", "id_token", "scope", "token_type", "expires_in"], [
    "refreshToken",
    "scope",
    "account",
    "plan",
    "accountId",
  ]],
];

Deno.test("codexService.renew() keeps what the answer leaves out (RFC 6749, section 6)", async (t) => {
  await using scene = await makeServiceScene();
  const { oidc, service } = scene;
  const honest = oidc.around;
  for (const [names, kept] of OMITTED) {
    await t.step(names.join(", "), async () => {
      oidc.around = honest;
      const grant = await scene.logIn();
      oidc.around = async (request, next) => await without(...names)(() => next(request));
      const [before, after] = [shown(grant), shown(renewed(await service.renew(grant)))];
      for (const name of kept) {
        assert.equal(after[name], before[name], name);
        assert.notEqual(after[name], undefined, name);
      }
      const isNew = !names.includes("access_token");
      assert.equal(after.accessToken !== before.accessToken, isNew);
    });
  }
});

const LOST = () => Promise.reject(new TypeError("connection closed before message completed"));

/** What the server says once it has done its work, or in place of that. */
const FAULTS: readonly [what: string, fault: Fault, state: Renewal["state"], next: Renewal["state"]][] = [
  ["the connection breaks before", LOST, "lost", "renewed"],
  ["the connection breaks after", async (answer) => (await answer(), await LOST()), "lost", "refused"],
  ["half an answer", async (answer) => (await answer(), new Response("{")), "lost", "refused"],
  ["an empty answer", async (answer) => (await answer(), new Response()), "lost", "refused"],
  ["server_error", replies(500, { error: "server_error" }), "failed", "renewed"],
  ["temporarily_unavailable", replies(503, { error: "temporarily_unavailable" }), "failed", "renewed"],
  ["too many requests", replies(429, { error: "slow_down" }), "failed", "renewed"],
  ["a page", replies(403, "<html></html>"), "failed", "renewed"],
  ["invalid_client", replies(400, { error: "invalid_client" }), "failed", "renewed"],
  ["invalid_request", replies(400, { error: "invalid_request" }), "failed", "renewed"],
  ["invalid_grant", replies(400, { error: "invalid_grant" }), "refused", "renewed"],
  ["unauthorized", replies(401), "refused", "renewed"],
];

Deno.test("codexService.renew() tells what is over from what is not, and asks once, after …", async (t) => {
  await using scene = await makeServiceScene();
  const { oidc, service } = scene;
  const honest = oidc.around;
  for (const [what, fault, state, next] of FAULTS) {
    await t.step(what, async () => {
      oidc.around = honest;
      const grant = await scene.logIn();
      let asked = 0;
      oidc.around = async (request, answer) => {
        asked++;
        return await fault(() => answer(request));
      };
      assert.equal((await service.renew(grant)).state, state);
      assert.equal(asked, 1);
      oidc.around = honest;
      assert.equal((await service.renew(grant)).state, next);
    });
  }
});
