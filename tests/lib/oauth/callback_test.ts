import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { callbackBox, GOOD, isSettled, REDIRECT, STATE, type Visit } from "../../support/fake_callback.ts";
import { fails } from "../../support/failure.ts";

const OTHER = STATE.replace(/.$/, "A");
const ISSUER = encodeURIComponent("https://auth.openai.com");

const GOOD_ONES = [
  GOOD,
  `state=${STATE}&code=ac_1`,
  `${GOOD}&iss=${ISSUER}`,
  // RFC 6749, section 3.1: a parameter without a value is as good as none.
  `${GOOD}&iss=`,
  `${GOOD}&error=`,
  `${GOOD}&scope=openid+profile`,
  `${GOOD}&session_state=x&anything=else`,
  `${GOOD}&error_description=without+an+error`,
];

Deno.test("a callback of this login completes it", async (t) => {
  for (const query of GOOD_ONES) {
    await t.step(query, async () => {
      const { visit, codes, callback } = callbackBox();
      const { status, page } = await visit(query);
      assert.equal(status, 200);
      assert.match(page, /You are logged in/);
      assert.deepEqual(codes, ["ac_1"]);
      await callback.outcome;
    });
  }
});

const FOREIGN: [what: string, query: string, change?: Visit, status?: number][] = [
  ["nothing", ""],
  ["a code without a state", "code=ac_evil"],
  ["an empty state", "code=ac_evil&state="],
  ["the state of another login", `code=ac_evil&state=${OTHER}`],
  ["a longer state", `code=ac_evil&state=${STATE}A`],
  ["a shorter state", `code=ac_evil&state=${STATE.slice(0, -1)}`],
  ["a state in other letters", `code=ac_evil&state=${STATE.toLowerCase()}`],
  ["a state with a space", `code=ac_evil&state=${STATE}+`],
  ["a state with a NUL", `code=ac_evil&state=${STATE}%00`],
  ["the state under another name", `code=ac_evil&State=${STATE}`],
  ["a state in a list", `code=ac_evil&state[]=${STATE}`],
  ["an error without a state", "error=access_denied"],
  ["an error with another state", `error=access_denied&state=${OTHER}`],
  ["an error with an empty state", "error=access_denied&state="],
  ["no code", `state=${STATE}`],
  ["an empty code", `code=&state=${STATE}`],
  ["an empty error", `error=&state=${STATE}`],
  ["an empty error and an empty code", `error=&code=&state=${STATE}`],
  ["the issuer of another server", `${GOOD}&iss=https%3A%2F%2Fevil.test`],
  ["an issuer with a slash", `${GOOD}&iss=${ISSUER}%2F`],
  ["an issuer in capitals", `${GOOD}&iss=${ISSUER.toUpperCase()}`],
  ["an issuer over http", `${GOOD}&iss=http%3A%2F%2Fauth.openai.com`],
  ["an error of another server", `error=access_denied&state=${STATE}&iss=https%3A%2F%2Fevil.test`],
  ["an ID token (hybrid)", `${GOOD}&id_token=a.b.c`],
  ["an access token (implicit)", `${GOOD}&token=abc`],
  ["a signed response (JARM)", `${GOOD}&response=a.b.c`],
  ["a signed response alone", `response=a.b.c&state=${STATE}`],
  ["two states", `${GOOD}&state=${OTHER}`],
  ["the same state twice", `${GOOD}&state=${STATE}`],
  ["two codes", `${GOOD}&code=ac_evil`],
  ["the same code twice", `${GOOD}&code=ac_1`],
  ["the code twice, once encoded", `${GOOD}&%63ode=ac_evil`],
  ["two issuers", `${GOOD}&iss=${ISSUER}&iss=${ISSUER}`],
  ["two errors", `error=a&error=b&state=${STATE}`],
  ["two scopes", `${GOOD}&scope=a&scope=b`],
  ["an unknown parameter twice", `${GOOD}&x=1&x=2`],
  ["an empty name twice", `${GOOD}&=1&=2`],
  ["another name as Host", GOOD, { host: "evil.test:1455" }, 421],
  ["an address as Host", GOOD, { host: "127.0.0.1:1455" }, 421],
  ["an IPv6 address as Host", GOOD, { host: "[::1]:1455" }, 421],
  ["a Host without a port", GOOD, { host: "localhost" }, 421],
  ["the other port as Host", GOOD, { host: "localhost:1457" }, 421],
  ["a Host with a dot", GOOD, { host: "localhost.:1455" }, 421],
  ["a Host that begins alike", GOOD, { host: "localhost:1455.evil.test" }, 421],
  ["two Hosts", GOOD, { host: "localhost:1455, localhost:1455" }, 421],
  ["an empty Host", GOOD, { host: "" }, 421],
  ["no Host", GOOD, { host: null }, 421],
  ["another authority", GOOD, { url: "http://evil.test:1455/auth/callback" }, 421],
  ["the other port as authority", GOOD, { url: "http://localhost:1457/auth/callback" }, 421],
  ["the path below", GOOD, { url: `${REDIRECT}/` }, 404],
  ["the path above", GOOD, { url: "http://localhost:1455/auth" }, 404],
  ["a double slash", GOOD, { url: "http://localhost:1455//auth/callback" }, 404],
  ["an encoded path", GOOD, { url: "http://localhost:1455/auth/%63allback" }, 404],
  ["a path in capitals", GOOD, { url: "http://localhost:1455/auth/Callback" }, 404],
  ["Codex CLI's way to end a login", GOOD, { url: "http://localhost:1455/cancel" }, 404],
  ["the favicon", "", { url: "http://localhost:1455/favicon.ico" }, 404],
  ["a form (form_post)", GOOD, { method: "POST" }, 405],
  ["HEAD", GOOD, { method: "HEAD" }, 405],
  ["OPTIONS", GOOD, { method: "OPTIONS" }, 405],
  ["PUT", GOOD, { method: "PUT" }, 405],
];

Deno.test("what is not of this login is refused, and the right callback still completes it", async (t) => {
  for (const [what, query, change, expected = 400] of FOREIGN) {
    await t.step(what, async () => {
      const { visit, codes, callback } = callbackBox();
      const { status, page } = await visit(query, change);
      assert.equal(status, expected);
      assert.doesNotMatch(page, /logged in|ac_|evil/);
      assert.equal(await isSettled(callback.outcome), false, "the login ended");
      assert.deepEqual(codes, []);
      assert.equal((await visit(GOOD)).status, 200);
      assert.deepEqual(codes, ["ac_1"]);
    });
  }
});

const ERRORS = [
  `error=access_denied&state=${STATE}`,
  `error=server_error&state=${STATE}&iss=${ISSUER}`,
  `${GOOD}&error=access_denied`,
  `error=x&error_description=%3Cscript%3E&error_uri=javascript:alert(1)&state=${STATE}`,
];

Deno.test("an error of this login ends it, even beside a code", async (t) => {
  for (const query of ERRORS) {
    await t.step(query, async () => {
      const { visit, codes, callback } = callbackBox();
      const { status, page } = await visit(query);
      assert.equal(status, 400);
      assert.match(page, /The login failed.*declined &#60;by&#62; the test\. The terminal says/s);
      assert.doesNotMatch(page, /script|javascript|ac_1/);
      await fails("login_failed", () => callback.outcome);
      assert.equal((await visit(GOOD)).status, 409);
      assert.deepEqual(codes, []);
    });
  }
});

const FAILURES: [what: string, error: unknown, page: RegExp][] = [
  [
    "on purpose",
    new AppError("login_failed", "Cannot log in: <b>&\"'", "h"),
    /<p>Cannot log in: &#60;b&#62;&#38;&#34;&#39;\. The/,
  ],
  ["by a bug", new TypeError("secret-words"), /<p>This is a bug in agentgazer\. The terminal/],
  ["by something else", "secret-words", /<p>This is a bug in agentgazer\. The terminal/],
];

Deno.test("the page says that the login failed when completing it fails", async (t) => {
  for (const [what, error, expected] of FAILURES) {
    await t.step(what, async () => {
      const { visit, callback } = callbackBox(() => Promise.reject(error));
      const { status, page } = await visit(GOOD);
      assert.equal(status, 400);
      assert.match(page, expected);
      assert.doesNotMatch(page, /logged in|secret-words/);
      await assert.rejects(callback.outcome, (thrown) => thrown === error);
    });
  }
});
