import assert from "node:assert/strict";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { callbackBox, GOOD, isSettled, REDIRECT, STATE } from "../../support/fake_callback.ts";
import { fails } from "../../support/failure.ts";

const SCHEMELESS = REDIRECT.replace("http://", "");

const TAKEN = [
  `${REDIRECT}?${GOOD}`,
  `  ${REDIRECT}?${GOOD}\r\n`,
  `${SCHEMELESS}?${GOOD}`,
  `?${GOOD}`,
  `\t?${GOOD} `,
  `${REDIRECT}?${GOOD}#`,
  `${REDIRECT}?${GOOD}#fragment?code=ac_evil&state=${STATE}`,
  `?${GOOD}#_=_`,
  `${REDIRECT}?${GOOD}&iss=https://auth.openai.com`,
  `${REDIRECT}?${GOOD}&scope=openid+profile%20email`,
];

Deno.test("paste() takes the address where the browser ended", async (t) => {
  for (const text of TAKEN) {
    await t.step(text.trim(), async () => {
      const { callback, codes } = callbackBox();
      assert.equal(callback.paste(text), undefined);
      await callback.outcome;
      assert.deepEqual(codes, ["ac_1"]);
    });
  }
});

const WHERE = /^paste the address that begins with http:\/\/localhost:1455\/auth\/callback\?$/;
const FOREIGN = /^that address is from another login: use the page that was opened last$/;

const REFUSED: [text: string, complaint: RegExp][] = [
  ["", WHERE],
  ["   ", WHERE],
  ["?", WHERE],
  ["#", WHERE],
  [CANARY, WHERE],
  [`ac_${CANARY}`, WHERE],
  [`code=${CANARY}&state=${STATE}`, WHERE],
  [`${CANARY}#${STATE}`, WHERE],
  [REDIRECT, WHERE],
  [`${REDIRECT}?`, WHERE],
  [`${REDIRECT}#code=${CANARY}&state=${STATE}`, WHERE],
  [`#code=${CANARY}&state=${STATE}`, WHERE],
  [`https://evil.test/auth/callback?code=${CANARY}&state=${STATE}`, WHERE],
  [`https://localhost:1455/auth/callback?code=${CANARY}&state=${STATE}`, WHERE],
  [`http://127.0.0.1:1455/auth/callback?code=${CANARY}&state=${STATE}`, WHERE],
  [`http://localhost:1457/auth/callback?code=${CANARY}&state=${STATE}`, WHERE],
  [`http://localhost/auth/callback?code=${CANARY}&state=${STATE}`, WHERE],
  [`http://localhost:1455/auth/callback/?code=${CANARY}&state=${STATE}`, WHERE],
  [`http://localhost:1455/?code=${CANARY}&state=${STATE}`, WHERE],
  [`http://user@localhost:1455/auth/callback?code=${CANARY}&state=${STATE}`, WHERE],
  [`//localhost:1455/auth/callback?code=${CANARY}&state=${STATE}`, WHERE],
  [`/auth/callback?code=${CANARY}&state=${STATE}`, WHERE],
  [`x ${REDIRECT}?code=${CANARY}&state=${STATE}`, WHERE],
  [`https://auth.openai.com/oauth/authorize?response_type=code&state=${STATE}`, WHERE],
  [`?response_type=code&client_id=${CANARY}&state=${STATE}`, /has no code/],
  [`?state=${STATE}`, /has no code/],
  [`${REDIRECT}?code=${CANARY}`, FOREIGN],
  [`${REDIRECT}?code=${CANARY}&state=`, FOREIGN],
  [`${REDIRECT}?code=${CANARY}&state=${STATE}x`, FOREIGN],
  [`${REDIRECT}?code=${CANARY}&amp;state=${STATE}`, FOREIGN],
  [`?error=access_denied&state=${CANARY}`, FOREIGN],
  [`?code=${CANARY}&state=${STATE}?${GOOD}`, /is repeated/],
  [`?code=${CANARY}&state=${STATE}?`, FOREIGN],
  [`?code=${CANARY}&${GOOD}`, /is repeated/],
  [`?code=${CANARY}&state=${STATE}&iss=https://evil.test`, /another server/],
  [`?code=${CANARY}&state=${STATE}&response=${CANARY}`, /another server/],
];

Deno.test("paste() says what is wrong, repeats nothing, and goes on waiting", async (t) => {
  for (const [text, expected] of REFUSED) {
    await t.step(text || "nothing", async () => {
      const { callback, codes } = callbackBox();
      const complaint = callback.paste(text);
      assert.match(complaint ?? "", expected);
      assertNoCanary(complaint!, "the complaint");
      assert.doesNotMatch(complaint!, new RegExp(STATE));
      assert.equal(await isSettled(callback.outcome), false);
      assert.equal(callback.paste(`?${GOOD}`), undefined);
      assert.deepEqual(codes, ["ac_1"]);
    });
  }
});

Deno.test("a pasted error ends the login", async () => {
  const { callback, codes } = callbackBox();
  assert.equal(callback.paste(`${REDIRECT}?error=access_denied&state=${STATE}`), undefined);
  await fails("login_failed", () => callback.outcome);
  assert.deepEqual(codes, []);
});

Deno.test("only the first one counts, pasted or visited", async (t) => {
  await t.step("pasted twice", () => {
    const { callback, codes } = callbackBox();
    callback.paste(`?${GOOD}`);
    assert.match(callback.paste(`?${GOOD}`) ?? "", /has had its answer already/);
    assert.deepEqual(codes, ["ac_1"]);
  });
  await t.step("visited, then pasted", async () => {
    const { callback, codes, visit } = callbackBox();
    await visit(GOOD);
    assert.match(callback.paste(`?${GOOD}`) ?? "", /has had its answer already/);
    assert.deepEqual(codes, ["ac_1"]);
  });
  await t.step("pasted, then visited", async () => {
    const { callback, codes, visit } = callbackBox();
    callback.paste(`?${GOOD}`);
    assert.equal((await visit(GOOD)).status, 409);
    assert.deepEqual(codes, ["ac_1"]);
  });
});
