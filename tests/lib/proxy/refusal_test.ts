import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import {
  protocolRefusal,
  Refusal,
  refusalAnswer,
  type RefusalCode,
  refusalOf,
} from "../../../lib/proxy/refusal.ts";
import { responseOf } from "../../support/web.ts";

const CODES: Record<RefusalCode, [status: number, anthropic: string, google: string]> = {
  malformed_request: [400, "invalid_request_error", "INVALID_ARGUMENT"],
  target_not_allowed: [400, "invalid_request_error", "INVALID_ARGUMENT"],
  client_token_invalid: [401, "authentication_error", "UNAUTHENTICATED"],
  credential_missing: [401, "authentication_error", "UNAUTHENTICATED"],
  login_required: [401, "authentication_error", "UNAUTHENTICATED"],
  origin_refused: [403, "permission_error", "PERMISSION_DENIED"],
  provider_refused: [403, "permission_error", "PERMISSION_DENIED"],
  path_refused: [403, "permission_error", "PERMISSION_DENIED"],
  target_refused: [403, "permission_error", "PERMISSION_DENIED"],
  no_such_route: [404, "not_found_error", "NOT_FOUND"],
  request_timeout: [408, "timeout_error", "DEADLINE_EXCEEDED"],
  body_too_large: [413, "request_too_large", "INVALID_ARGUMENT"],
  too_many_requests: [429, "rate_limit_error", "RESOURCE_EXHAUSTED"],
  overloaded: [503, "api_error", "UNAVAILABLE"],
  upgrade_required: [426, "invalid_request_error", "INVALID_ARGUMENT"],
  wrong_host: [421, "invalid_request_error", "INVALID_ARGUMENT"],
  head_too_large: [431, "invalid_request_error", "INVALID_ARGUMENT"],
  bug: [500, "api_error", "INTERNAL"],
  not_implemented: [501, "invalid_request_error", "UNIMPLEMENTED"],
  upstream_failed: [502, "api_error", "UNAVAILABLE"],
  draining: [503, "api_error", "UNAVAILABLE"],
  vault_unavailable: [503, "api_error", "UNAVAILABLE"],
  upstream_timeout: [504, "api_error", "DEADLINE_EXCEEDED"],
  version_not_supported: [505, "invalid_request_error", "INVALID_ARGUMENT"],
};

/** The answer, as a client gets it. */
function refusalResponse(...args: Parameters<typeof refusalAnswer>): Response {
  return responseOf({ answer: refusalAnswer(...args), ended() {} }, new AbortController().signal);
}

Deno.test("refusalAnswer() has the status of the code and the shape of each SDK's errors", async (t) => {
  for (const [code, [status, anthropic, google]] of Object.entries(CODES)) {
    await t.step(code, async () => {
      const refusal = new Refusal(code as RefusalCode, "It went wrong", "mend it");
      const message = "agentgazer: It went wrong. Hint: mend it";
      const bodies = {
        openai: { error: { message, type: "agentgazer_error", code } },
        anthropic: { type: "error", error: { type: anthropic, message, code } },
        google: { error: { code: status, message, status: google, reason: code } },
      };
      for (const dialect of ["openai", "anthropic", "google"] as const) {
        const response = refusalResponse(refusal, dialect);
        assert.equal(response.status, status);
        assert.deepEqual(await response.json(), bodies[dialect]);
      }
    });
  }
});

Deno.test("refusalAnswer() can be neither cached, sniffed, compressed nor read by a web page", () => {
  for (const code of Object.keys(CODES) as RefusalCode[]) {
    const { headers } = refusalResponse(new Refusal(code, "x"), "openai");
    const expected: Record<string, string> = {
      "cache-control": "no-store, no-transform",
      "content-type": "application/json",
      "x-content-type-options": "nosniff",
      ...["overloaded", "too_many_requests"].includes(code) && { "retry-after": "1" },
      ...code === "upgrade_required" && { upgrade: "websocket" },
      ...CODES[code][0] === 401 && { "www-authenticate": "Bearer" },
    };
    assert.deepEqual(Object.fromEntries(headers), expected, code);
  }
});

Deno.test("refusalAnswer() leaves out a hint that is not there", async () => {
  const { error } = await refusalResponse(new Refusal("bug", "It went wrong"), "openai").json();
  assert.equal(error.message, "agentgazer: It went wrong");
});

Deno.test("protocolRefusal() keeps the status of what is not a request, and its words", async (t) => {
  const rows = [[400, "malformed_request"], [431, "head_too_large"], [501, "not_implemented"], [
    505,
    "version_not_supported",
  ]] as const;
  for (const [status, code] of rows) {
    await t.step(String(status), () => {
      const refusal = protocolRefusal(new ProtocolError("The head is odd", status));
      assert.deepEqual([refusal.status, refusal.code, refusal.message], [status, code, "The head is odd"]);
    });
  }
});

Deno.test("refusalOf() keeps a refusal, and makes a locked vault one that can heal", async (t) => {
  const refusal = new Refusal("draining", "x");
  assert.equal(refusalOf(refusal), refusal);
  for (const code of ["keystore_unavailable", "vault_damaged", "key_mismatch", "refused"] as const) {
    await t.step(code, () => {
      const { status, message, hint } = refusalOf(new AppError(code, "Cannot open it", "unlock it"));
      assert.deepEqual([status, message, hint], [503, "Cannot open it", "unlock it"]);
    });
  }
});

Deno.test("refusalOf() tells a login that is over, and one that can't be renewed now, from the vault", async (t) => {
  const rows = [["login_required", 401, "login_required"], [
    "network_failed",
    502,
    "upstream_failed",
  ]] as const;
  for (const [code, ...want] of rows) {
    await t.step(code, () => {
      const refusal = refusalOf(new AppError(code, "It has ended", "begin again"));
      assert.deepEqual([refusal.status, refusal.code], want);
      assert.deepEqual([refusal.message, refusal.hint], ["It has ended", "begin again"]);
    });
  }
});

Deno.test("refusalOf() tells nothing of an error that nobody foresaw", async (t) => {
  const thrown: [what: string, error: unknown][] = [
    ["an error", new Error("sk-secret-0123")],
    ["an error with a cause", new TypeError("sk-secret-0123", { cause: "sk-secret-0123" })],
    ["a text", "sk-secret-0123"],
    ["an object", { message: "sk-secret-0123", code: "draining", status: 200 }],
    ["nothing", undefined],
    ["null", null],
  ];
  for (const [what, error] of thrown) {
    await t.step(what, async () => {
      const refusal = refusalOf(error);
      assert.equal(refusal.code, "bug");
      const response = refusalResponse(refusal, "anthropic");
      assert.equal(response.status, 500);
      assert.doesNotMatch(await response.text(), /secret/);
    });
  }
});
