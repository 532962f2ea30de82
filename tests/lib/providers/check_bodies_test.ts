import assert from "node:assert/strict";
import { judge, type Verdict } from "../../../lib/providers/check.ts";
import { providerById } from "../../../lib/providers/table.ts";

/** Answers whose body decides. */
type Row = readonly [status: number, body: unknown, result: Verdict["result"], detail?: RegExp | undefined];

async function check(t: Deno.TestContext, ids: readonly string[], rows: readonly Row[]): Promise<void> {
  for (const id of ids) {
    for (const [status, body, result, detail] of rows) {
      const text = JSON.stringify(body);
      await t.step(`${id}: ${status} ${text} is ${result}`, () => {
        const verdict = judge(providerById(id)!, status, text);
        assert.equal(verdict.result, result);
        if (detail !== undefined) assert.match(verdict.detail ?? "", detail);
      });
    }
  }
}

/** As the service writes its errors: https://ai.google.dev/gemini-api/docs/troubleshooting */
function googleError(code: number, status: string, ...reasons: unknown[]): unknown {
  const details = reasons.map((reason) => ({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason }));
  return { error: { code, message: "no", status, details } };
}

Deno.test("judge() tells Google's bad key from other bad requests", async (t) => {
  const invalid = googleError(400, "INVALID_ARGUMENT", "API_KEY_INVALID");
  await check(t, ["google"], [
    [400, invalid, "rejected"],
    [400, googleError(400, "INVALID_ARGUMENT", "OTHER", "API_KEY_INVALID"), "rejected"],
    [400, { error: { details: [null, 1, "x", {}, { reason: "API_KEY_INVALID" }] } }, "rejected"],
    [400, googleError(400, "INVALID_ARGUMENT"), "unknown"],
    [400, googleError(400, "FAILED_PRECONDITION", "FAILED_PRECONDITION"), "unknown"],
    [400, googleError(400, "INVALID_ARGUMENT", "api_key_invalid"), "unknown"],
    [400, googleError(400, "INVALID_ARGUMENT", ["API_KEY_INVALID"]), "unknown"],
    [400, { error: { message: "API_KEY_INVALID", status: "API_KEY_INVALID" } }, "unknown"],
    [400, { error: { details: "API_KEY_INVALID" } }, "unknown"],
    [400, { error: { details: { reason: "API_KEY_INVALID" } } }, "unknown"],
    [400, { details: [{ reason: "API_KEY_INVALID" }] }, "unknown"],
    [403, googleError(403, "PERMISSION_DENIED", "SERVICE_DISABLED"), "no-access"],
    [401, googleError(401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED"), "rejected"],
    [429, googleError(429, "RESOURCE_EXHAUSTED"), "unknown"],
    [500, invalid, "unknown"],
  ]);
});

Deno.test("judge() believes Cohere's answer rather than its status", async (t) => {
  await check(t, ["cohere"], [
    [200, { valid: true }, "valid"],
    [200, { valid: true, organization_id: "o", owner_id: "p" }, "valid"],
    [200, { valid: false }, "rejected"],
    [200, { valid: false, organization_id: "o" }, "rejected"],
    [401, { valid: true }, "rejected"],
    [401, { message: "invalid api token" }, "rejected"],
    [403, { valid: true }, "no-access"],
    [429, { valid: true }, "unknown"],
    [500, { valid: true }, "unknown"],
    [302, { valid: true }, "unknown", /redirect/],
    [404, { valid: false }, "unknown"],
    ...[{}, [], { valid: null }, { valid: 1 }, { valid: "true" }, { VALID: true }, { data: { valid: true } }]
      .map((body): Row => [200, body, "unknown", /does not say whether it is valid$/]),
  ]);
});

Deno.test("judge() reads MiniMax's base_resp, which stands in answers of status 200", async (t) => {
  const answer = (status_code: unknown) => ({ base_resp: { status_code, status_msg: "m" } });
  await check(t, ["minimax", "minimax-oauth"], [
    [200, answer(1004), "rejected"],
    [200, answer(2049), "rejected"],
    [200, answer("1004"), "rejected"],
    [200, answer("2049"), "rejected"],
    [401, answer(1004), "rejected"],
    [401, answer(0), "rejected"],
    [401, { type: "error", error: { type: "authorized_error", message: "(1004)" } }, "rejected"],
    [401, { error: { type: "authorized_error", http_code: "401" } }, "rejected"],
    [200, answer(0), "valid"],
    [200, answer("0"), "valid"],
    [200, { data: [], base_resp: { status_code: 0 } }, "valid"],
    [200, { data: [] }, "valid"],
    [200, { base_resp: null }, "valid"],
    [200, { base_resp: {} }, "valid"],
    [200, answer(1008), "no-access", /no balance/],
    [200, answer(1000), "unknown", /^the provider answered with an error$/],
    [200, answer(1002), "unknown", /with an error$/],
    [200, answer(1013), "unknown", /with an error$/],
    [200, answer(2013), "unknown"],
    [200, answer(-1), "unknown"],
    [200, answer("high"), "unknown", /^(?!.*NaN).*with an error$/],
    [200, answer(null), "valid"],
    [200, answer({}), "unknown"],
    [500, answer(0), "unknown", /status 500/],
    [500, answer(1000), "unknown"],
    [302, answer(0), "unknown", /redirect/],
  ]);
});

Deno.test("judge() knows Zhipu's codes, as a text and as a number", async (t) => {
  const rows: Row[] = [];
  const add = (statuses: number[], code: number | string, result: Verdict["result"], detail?: RegExp) => {
    for (const status of statuses) {
      for (const spelled of [code, String(code)]) {
        rows.push([status, { error: { code: spelled, message: "m" } }, result, detail]);
      }
    }
  };
  for (const code of [1000, 1001, 1002, 1003, 1004]) add([200, 400, 401, 500], code, "rejected");
  add([200, 429], 1113, "no-access", /balance/);
  add([200, 429], 1309, "no-access", /expired/);
  for (const code of [1308, 1310]) add([200, 429], code, "valid", /quota/);
  for (const code of [999, 1005, 1302, 1303, 1305, "1001x", "", "x"]) add([429], code, "unknown");
  for (const code of [999, 1005, 403, "x"]) add([200], code, "unknown", /with an error$/);
  add([200, 401, 429, 500], 401, "rejected");
  add([403], 403, "no-access");
  await check(t, ["zhipu", "zhipu-coding-plan"], rows);
});

Deno.test("judge() reads Zhipu's codes also where they stand flat, as its gateway writes them", async (t) => {
  const flat = (code: unknown, success: unknown = false) => ({ code, msg: "m", success });
  await check(t, ["zhipu", "zhipu-coding-plan"], [
    [200, flat(401), "rejected"],
    [200, flat("401"), "rejected"],
    [200, flat(1001), "rejected"],
    [500, flat(1004), "rejected"],
    [200, flat(1113), "no-access", /no balance/],
    [200, flat(1309), "no-access", /the plan has expired/],
    [200, flat(1308), "valid", /quota/],
    [200, flat(500), "unknown", /with an error$/],
    [200, flat(null), "unknown", /with an error$/],
    [200, flat(200, true), "valid"],
    [200, { data: [], error: null }, "valid"],
    [200, { data: [], error: null, code: 1001 }, "rejected"],
    [200, { error: { code: 1005 }, code: 1001 }, "unknown", /with an error$/],
    [200, { data: [{ code: 1001, error: {}, success: false }] }, "valid"],
    [403, { error: null }, "no-access"],
  ]);
});

Deno.test("judge() says which of Zhipu's two accounts has no balance", () => {
  const body = '{"error":{"code":"1113"}}';
  const detail = (id: string) => judge(providerById(id)!, 429, body).detail;
  assert.equal(detail("zhipu"), "no balance; a Coding Plan key belongs to zhipu-coding-plan");
  assert.equal(detail("zhipu-coding-plan"), "no plan, or no balance");
});
