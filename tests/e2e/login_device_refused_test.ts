import assert from "node:assert/strict";
import { assertAskedOnly, ELSEWHERE, startDeviceScene } from "../support/device_scene.ts";
import { assertRun, logInByCode, logInInVain, storedNames } from "../support/login_run.ts";
import { testWith } from "../support/needs.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { blocked, changes, cuts, fails, makeHang, movesTo } from "../support/vendors/faults.ts";
import { replies, without } from "../support/vendors/faults.ts";
import type { LoginScene } from "../support/vendors/login_scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const LOGIN = ["openai-oauth", "--device"];

type Traps = LoginScene["codex"]["traps"];

/** Which answer ends the login, the exit code, and what is said. */
type Row = [what: string, traps: Traps, code: number, says: RegExp];

/** Instead of a code to show. */
const USERCODE: Row[] = [
  [
    "a silent server",
    { usercode: makeHang().fault },
    7,
    /auth\.openai\.com did not answer within 15 seconds/,
  ],
  [
    "404",
    { usercode: replies(404) },
    3,
    /codes are not allowed.*\n.*hint: allow them in ChatGPT: Settings, S/,
  ],
  ["404 with words", { usercode: fails(404, "x") }, 3, /codes are not allowed/],
  ["a firewall's page", { usercode: blocked }, 3, /status 403 and a page, as a firewall does/],
  ["a country", { usercode: fails(403, "unsupported_country_region_territory") }, 3, /country or region/],
  ["429", { usercode: replies(429) }, 3, /status 429/],
  ["500", { usercode: replies(500) }, 3, /status 500/],
  ["a redirect", { usercode: movesTo(ELSEWHERE) }, 3, /the endpoint moved/],
  ["half an answer", { usercode: cuts }, 7, /broke off/],
  ["no JSON", { usercode: replies(200, "upstream-words") }, 3, /could not be understood/],
  ["null", { usercode: replies(200, "null") }, 3, /could not be understood/],
  ["no code", { usercode: without("user_code") }, 3, /could not be understood/],
  ["no id", { usercode: without("device_auth_id") }, 3, /could not be understood/],
  ["a number", { usercode: changes({ device_auth_id: 5 }) }, 3, /could not be understood/],
  ["a code that clears the screen", { usercode: changes({ user_code: "A\x1b[2J" }) }, 3, /not be understood/],
  ["a code of two lines", { usercode: changes({ user_code: "A\nOpen evil" }) }, 3, /not be understood/],
  ["an endless code", { usercode: changes({ user_code: "A".repeat(10_000) }) }, 3, /not be understood/],
];

/** To the question whether the code was entered. */
const POLL: Row[] = [
  ["declined", { poll: fails(403, "access_denied") }, 3, /it was declined/],
  ["declined, flat", { poll: fails(400, "access_denied", "flat") }, 3, /it was declined/],
  ["expired", { poll: fails(403, "deviceauth_expired") }, 3, /the code has expired/],
  ["expired as in RFC 8628", { poll: fails(400, "expired_token") }, 3, /the code has expired/],
  ["400", { poll: replies(400, { detail: "upstream-words" }) }, 3, /answered with status 400/],
  ["401", { poll: replies(401) }, 3, /answered with status 401/],
  ["a redirect", { poll: movesTo(ELSEWHERE) }, 3, /the endpoint moved/],
  ["nothing", { poll: replies(200, {}) }, 3, /could not be understood/],
  ["a list", { poll: replies(200, []) }, 3, /could not be understood/],
  ["no code", { poll: without("authorization_code") }, 3, /could not be understood/],
  ["no verifier", { poll: without("code_verifier") }, 3, /could not be understood/],
  ["a code of two lines", { poll: changes({ authorization_code: "a\nb" }) }, 3, /could not be understood/],
];

const USED = /the code was used before, or has expired/;

/** When the code is exchanged for tokens, or what makes the server refuse that. */
const EXCHANGE: Row[] = [
  ["refused", { exchange: fails(400, "invalid_grant") }, 3, /the code was used before/],
  ["another verifier", { poll: changes({ code_verifier: "x".repeat(43) }) }, 3, /was used before/],
  ["another code", { poll: changes({ authorization_code: "ac_x" }) }, 3, USED],
  ["unknown program", { exchange: fails(401, "invalid_client") }, 3, /does not know this program/],
  ["a country", { exchange: fails(403, "unsupported_country_region_territory") }, 3, /a VPN can be/],
  ["a firewall's page", { exchange: blocked }, 3, /status 403 and a page, as a firewall does/],
  ["a redirect", { exchange: movesTo(ELSEWHERE) }, 3, /the endpoint moved/],
  ["500", { exchange: replies(500) }, 3, /answered with status 500/],
  ["half an answer", { exchange: cuts }, 7, /the answer of auth\.openai\.com broke off/],
  ["no JSON", { exchange: replies(200, "upstream-words") }, 3, /could not be understood/],
  ["no access token", { exchange: without("access_token") }, 3, /could not be understood/],
  ["a number", { exchange: changes({ access_token: 1 }) }, 3, /could not be understood/],
  ["another audience", { exchange: changes({ id_token: idToken({ aud: "x" }) }) }, 3, /for another program/],
  ["another issuer", { exchange: changes({ id_token: idToken({ iss: "x" }) }) }, 3, /of another server/],
];

/** The tables, and how often each endpoint is asked: codes are good for one use, so nothing is sent again. */
const STAGES: [stage: string, rows: Row[], counts: [usercode: number, poll: number, exchange: number]][] = [
  ["code", USERCODE, [1, 0, 0]],
  ["poll", POLL, [1, 1, 0]],
  ["exchange", EXCHANGE, [1, 1, 1]],
];

testWith(NEEDS, "login openai-oauth --device ends, and stores nothing", async (t) => {
  const rows = STAGES.flatMap(([stage, rows, counts]) =>
    rows.map(([what, ...row]) => [`${stage}: ${what}`, row, counts] as const)
  );
  await sideBySide(t, rows, async ([, [traps, code, says], counts]) => {
    await using scene = await startDeviceScene(traps);
    const { box, codex } = scene;
    const isShown = counts[1] > 0;
    const run = isShown ? await logInByCode(box, LOGIN, codex.approveDevice) : await logInInVain(box, LOGIN);
    assertRun(scene, run, code, says);
    assert.equal(/the code [A-Z]|waiting/.test(run.stderr), isShown, run.stderr);
    assert.deepEqual(await storedNames(box), []);
    assert.deepEqual([codex.counts.usercode, codex.counts.poll, codex.counts.exchange], counts);
    assertAskedOnly(scene, "auth.openai.com");
  });
});

testWith(NEEDS, "login openai-oauth --device says which server can't be reached", async () => {
  await using scene = await startDeviceScene();
  await scene.providers[Symbol.asyncDispose]();
  const run = await logInInVain(scene.box, LOGIN);
  assertRun(scene, run, 7, /Cannot log in: auth\.openai\.com refused the connection\n.*hint: try again\n$/);
});

/** An ID token with these claims, which nobody signed. */
function idToken(claims: object): string {
  return ["{}", JSON.stringify(claims), "x"].map((part) => btoa(part).replaceAll("=", "")).join(".");
}
