import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { blocked, changes, cuts, fails, type Fault, first, movesTo } from "../support/vendors/faults.ts";
import { replies, without } from "../support/vendors/faults.ts";
import { startLoginProxy } from "../support/vendors/login_proxy.ts";
import { startLoginScene } from "../support/vendors/login_scene.ts";
import { DUE, LONG_AGO, seed, seen } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const ID = "openai-oauth";
const ELSEWHERE = "elsewhere.test";

/** An answer that breaks off, of a server that did nothing. */
const cutAndUndone: Fault = () => cuts(() => Promise.resolve(Response.json({ access_token: "half" })));

/** Answers after which a token may still be good, and how the failure is told. */
const FAILED: [what: string, fault: Fault, reason: RegExp][] = [
  ["503", replies(503), /answered with status 503\./],
  ["500 with words", fails(500, "server_error"), /answered with status 500\./],
  ["500 with the words of 400", fails(500, "invalid_grant"), /could not be renewed: /],
  ["a page with 401", replies(401, "<html>Sign in to this network</html>"), /status 401 and a page/],
  ["429", fails(429, "rate_limit_exceeded"), /answered with status 429\./],
  ["an unknown 400", fails(400, "something_new"), /answered with status 400\./],
  ["403 without an object", replies(403, '"invalid_grant"'), /answered with status 403\./],
  ["a code in a wrong place", replies(400, { error_description: "invalid_grant" }), /status 400\./],
  ["a code of another kind", replies(400, { error: { code: 5 } }), /answered with status 400\./],
  ["a name that every object has", fails(400, "constructor"), /answered with status 400\./],
  ["a firewall's page", blocked, /status 403 and a page, as a firewall does\./],
  ["another country", fails(403, "unsupported_country_region_territory"), /not offered in this country/],
  ["307 to another host", movesTo(`https://${ELSEWHERE}/oauth/token`), /the endpoint moved/],
  ["307 to another path", movesTo("https://auth.openai.com/oauth/consent"), /the endpoint moved/],
  ["307 to itself", movesTo("https://auth.openai.com/oauth/token"), /the endpoint moved/],
];

testWith(NEEDS, "a refresh that fails is told, and at once nobody tries it again", async (t) => {
  await using scene = await startLoginScene([ELSEWHERE]);
  const { box, codex, providers } = scene;
  await using proxy = await startLoginProxy(scene);
  for (const [what, fault, reason] of FAILED) {
    await t.step(what, async () => {
      const before = await seed(scene, ID, { ...DUE, ...LONG_AGO });
      codex.traps.refresh = fault;
      providers.received.length = 0;
      const [status, text] = await proxy.text(ID);
      assert.equal(status, 502, text);
      const { error } = JSON.parse(text);
      assert.match(error.message, /^agentgazer: The token of openai-oauth could not be renewed: /);
      assert.match(error.message, reason);
      assert.equal(error.code, "upstream_failed");
      assert.equal((await proxy.text(ID))[0], 502);
      assert.equal((await box.run(["providers", "test", ID])).code, 7);
      assert.deepEqual(providers.received.map(({ host, target }) => host + target), [
        "auth.openai.com/oauth/token",
      ]);
      const { access, refresh, fields } = (await seen(box, ID))!;
      assert.deepEqual([access, refresh], [before.access, before.refresh]);
      assert.deepEqual([fields.lastError!.permanent, fields.lastError!.count], [false, 21]);
      assert.doesNotMatch(text + proxy.proxy.log(), /upstream-words/);
    });
  }
  await t.step("a login that is good for a minute more is used", async () => {
    const soon = { expiresAt: new Date(Date.now() + 120_000).toISOString() };
    for (const [fault, isOver] of [[replies(503), false], [fails(401, "invalid_grant"), true]] as const) {
      await seed(scene, ID, { ...LONG_AGO, ...soon });
      codex.traps.refresh = fault;
      const { refresh } = codex.counts;
      for (let i = 0; i < 3; i++) assert.equal((await proxy.text(ID))[0], 200);
      assert.equal(codex.counts.refresh, refresh + 1);
      assert.equal((await seen(box, ID))!.fields.lastError!.permanent, isOver);
    }
  });
});

/** Answers that can't be read: how many requests there are in the end, and what comes of it. */
const LOST: [what: string, fault: Fault, requests: number, status: number, says: RegExp][] = [
  ["one is cut, and nothing was done", first(1, cutAndUndone), 2, 200, /Hello/],
  ["both are cut", cutAndUndone, 2, 502, /the answer of auth\.openai\.com broke off\./],
  ["one is cut, and the token spent", first(1, cuts), 2, 401, /answer to the first attempt was lost\. Hint/],
  ["one is cut, then 503", twice(cutAndUndone, replies(503)), 2, 502, /answered with status 503\./],
  ["one is empty", first(1, replies(200)), 2, 200, /Hello/],
  ["both are empty", replies(200), 2, 502, /could not be understood\./],
  ["both are a page", replies(200, "<html>hello</html>"), 2, 502, /could not be understood\./],
  ["both are no object", replies(200, '["access_token"]'), 2, 502, /could not be understood\./],
  ["both are too long", replies(200, `"${"x".repeat(2 << 20)}"`), 2, 502, /broke off\./],
  ["without any token", without("access_token", "refresh_token"), 2, 401, /first attempt was lost\. Hint/],
  ["with tokens of another kind", changes({ access_token: 5, refresh_token: [] }), 2, 401, /was lost\. /],
];

testWith(NEEDS, "a refresh whose answer is lost is tried once more, no further", async (t) => {
  await using scene = await startLoginScene();
  const { codex } = scene;
  await using proxy = await startLoginProxy(scene);
  for (const [what, fault, requests, status, says] of LOST) {
    await t.step(what, async () => {
      await seed(scene, ID, { ...DUE, ...LONG_AGO });
      const before = codex.counts.refresh;
      codex.traps.refresh = fault;
      const [got, text] = await proxy.text(ID);
      assert.equal(got, status, text);
      assert.match(text, says);
      assert.equal((await proxy.text(ID))[0], status);
      assert.equal(codex.counts.refresh, before + requests);
    });
  }
});

/** Answers that leave something out: it stays as it was. */
const PARTIAL: [what: string, fault: Fault, rotates: boolean][] = [
  ["no refresh token", without("refresh_token"), false],
  ["a refresh token that is null", changes({ refresh_token: null }), false],
  ["no id token", without("id_token"), true],
  ["an id token that is none", changes({ id_token: "none" }), true],
  ["no lifetime and no type", without("expires_in", "token_type"), true],
];

testWith(NEEDS, "what the answer to a refresh leaves out stays as it was", async (t) => {
  await using scene = await startLoginScene();
  const { box, codex } = scene;
  await using proxy = await startLoginProxy(scene);
  for (const [what, fault, rotates] of PARTIAL) {
    await t.step(what, async () => {
      codex.settings.rotates = true;
      const before = await seed(scene, ID, DUE);
      Object.assign(codex.settings, { rotates });
      codex.traps.refresh = fault;
      assert.equal((await proxy.text(ID))[0], 200);
      const after = (await seen(box, ID))!;
      assert.notEqual(after.access, before.access);
      assert.equal(after.refresh === before.refresh, !rotates);
      assert.deepEqual([after.fields.account, after.fields.plan], ["someone@example.test", "plus"]);
      codex.invalidateAccessTokens();
      // What is kept is good for the next one.
      assert.equal((await proxy.text(ID))[0], 200);
    });
  }
  await t.step("no access token: the new refresh token is kept, and gives one", async () => {
    const before = await seed(scene, ID, DUE);
    codex.invalidateAccessTokens();
    codex.traps.refresh = first(1, without("access_token"));
    const { refresh } = codex.counts;
    assert.equal((await proxy.text(ID))[0], 200);
    assert.equal(codex.counts.refresh, refresh + 2);
    assert.notEqual((await seen(box, ID))!.access, before.access);
  });
});

/** Applies one fault to the first request, and another to all others. */
function twice(one: Fault, other: Fault): Fault {
  let count = 0;
  return (answer) => (count++ === 0 ? one : other)(answer);
}
