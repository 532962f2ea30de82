import assert from "node:assert/strict";
import type { Answer, Reply } from "../../../lib/oauth/http.ts";
import {
  errorCode,
  isPermanent,
  loginFailed,
  reasonIn,
  requireSuccess,
} from "../../../lib/oauth/token_error.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { fails } from "../../support/failure.ts";

const HOST = "auth.openai.com";

/** An answer with these fields. */
function answer(fields: Record<string, unknown>, status = 400, isPage = false): Answer {
  return { state: "answered", status, fields, isPage };
}

/** An error code in each of the shapes in which it is seen, with words of the server's. */
const SHAPES: [shape: string, of: (code: string) => Record<string, unknown>][] = [
  ["error", (code) => ({ error: code, error_description: CANARY, error_uri: CANARY })],
  ["error.code", (code) => ({ error: { code, message: CANARY, param: CANARY, type: CANARY } })],
  ["code", (code) => ({ code, message: CANARY, detail: CANARY })],
  ["code beside an error without one", (code) => ({ error: { message: CANARY }, code })],
  ["code beside null", (code) => ({ error: null, code })],
  ["error before code", (code) => ({ error: code, code: CANARY })],
  ["error.code before code", (code) => ({ error: { code }, code: CANARY })],
  ["in capitals", (code) => ({ error: { code: code.toUpperCase() } })],
];

const CODES: [code: string, permanent: boolean, reason: RegExp][] = [
  ["invalid_grant", true, /no longer valid/],
  ["invalid_refresh_token", true, /refresh token is not valid/],
  ["refresh_token_expired", true, /has expired/],
  ["refresh_token_invalidated", true, /ended by the service/],
  ["refresh_token_reused", true, /used before, by another program/],
  ["token_expired", true, /has expired/],
  ["token_invalidated", true, /ended by the service/],
  ["access_denied", false, /^it was declined$/],
  ["expired_token", false, /^the code has expired$/],
  ["deviceauth_expired", false, /^the code has expired$/],
  ["invalid_client", false, /does not know this program/],
  ["invalid_request", false, /did not understand/],
  ["unsupported_country_region_territory", false, /not offered in this country.*VPN/],
  ["server_error", false, /^auth\.openai\.com answered with status 400$/],
  ["slow_down", false, /^auth\.openai\.com answered with status 400$/],
  ["", false, /^auth\.openai\.com answered with status 400$/],
  [CANARY, false, /^auth\.openai\.com answered with status 400$/],
  ["constructor", false, /answered with status 400$/],
  ["__proto__", false, /answered with status 400$/],
  ["toString", false, /answered with status 400$/],
  ["invalid_grant ", false, /answered with status 400$/],
];

Deno.test("an error code is found in every shape, and nothing of the server's is repeated", async (t) => {
  for (const [code, permanent, reason] of CODES) {
    for (const [shape, of] of SHAPES) {
      await t.step(`${code} in ${shape}`, async () => {
        const reply = answer(of(code));
        assert.equal(errorCode(reply), code.toLowerCase());
        assert.equal(isPermanent(reply), permanent);
        assert.match(reasonIn(reply, HOST), reason);
        const { message, hint } = await fails("login_failed", () => requireSuccess(reply, HOST));
        assert.match(message, /^Cannot log in: /);
        assertNoCanary(`${message} ${hint}`.toLowerCase(), "the message");
        assertNoCanary(message, "the message");
      });
    }
  }
});

Deno.test("only a refusal is for ever", async (t) => {
  for (const status of [200, 302, 399, 408, 429, 500, 503]) {
    await t.step(
      `${status}`,
      () => assert.equal(isPermanent(answer({ error: "invalid_grant" }, status)), false),
    );
  }
  for (const status of [400, 401, 403, 499]) {
    await t.step(
      `${status}`,
      () => assert.equal(isPermanent(answer({ error: "invalid_grant" }, status)), true),
    );
  }
});

Deno.test("a code that is worth nothing is not called a login that is", async () => {
  const { message } = await fails(
    "login_failed",
    () => requireSuccess(answer({ error: "invalid_grant" }), HOST),
  );
  assert.equal(message, "Cannot log in: the code was used before, or has expired");
});

const NO_CODES: Record<string, unknown>[] = [
  {},
  { error: null },
  { error: 5, code: 5 },
  { error: ["invalid_grant"] },
  { error: { code: ["invalid_grant"] } },
  { error: { code: { code: "invalid_grant" } } },
  { error: { error: "invalid_grant" } },
  { error: true, code: null },
  { code: 1004 },
  { Error: "invalid_grant" },
  { error_code: "invalid_grant" },
  JSON.parse('{"__proto__":{"error":"invalid_grant"}}'),
];

Deno.test("what is no error code is none", async (t) => {
  for (const fields of NO_CODES) {
    await t.step(JSON.stringify(fields), () => {
      assert.equal(errorCode(answer(fields)), undefined);
      assert.equal(isPermanent(answer(fields)), false);
      assert.equal(reasonIn(answer(fields, 418), HOST), `${HOST} answered with status 418`);
    });
  }
});

const REASONS: [what: string, answer: Answer, reason: RegExp][] = [
  [
    "a redirect",
    answer({}, 307),
    /^the endpoint moved: auth\.openai\.com .* redirect, which is not followed$/,
  ],
  ["a redirect with a page", answer({}, 302, true), /^the endpoint moved/],
  ["a page of a firewall", answer({}, 403, true), /answered with status 403 and a page, as a firewall does$/],
  ["a page of a server that is ill", answer({}, 502, true), /answered with status 502 and a page/],
  ["nothing", answer({}, 500), /^auth\.openai\.com answered with status 500$/],
  ["a redirect with a code", answer({ error: "invalid_grant" }, 302), /^the endpoint moved/],
  ["a server that is ill, with a code", answer({ error: "invalid_grant" }, 503), /answered with status 503$/],
  ["a page with a code", answer({ error: "invalid_grant" }, 400, true), /no longer valid/],
];

Deno.test("reasonIn() says what came: …", async (t) => {
  for (const [what, reply, reason] of REASONS) {
    await t.step(what, () => assert.match(reasonIn(reply, HOST), reason));
  }
});

Deno.test("requireSuccess() goes on with a success only", async (t) => {
  for (const status of [200, 201, 204, 299]) {
    await t.step(`${status}`, () => {
      const reply = answer({ error: "whatever" }, status);
      assert.equal(requireSuccess(reply, HOST), reply);
    });
  }
  for (const status of [100, 199, 300, 304, 307, 400, 401, 403, 404, 429, 500, 503]) {
    await t.step(`${status}`, async () => {
      await fails("login_failed", () => requireSuccess(answer({}, status), HOST));
    });
  }
  for (const state of ["unsent", "lost"] as const) {
    await t.step(state, async () => {
      const reply: Reply = { state, reason: "no such luck" };
      const { message } = await fails("network_failed", () => requireSuccess(reply, HOST));
      assert.equal(message, "Cannot log in: no such luck");
    });
  }
});

Deno.test("loginFailed() says what to do", () => {
  assert.equal(loginFailed("x").hint, "try again");
  assert.equal(loginFailed("x", "do y").hint, "do y");
});
