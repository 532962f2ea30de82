import assert from "node:assert/strict";
import { judge, type Verdict } from "../../../lib/providers/check.ts";
import { providerById, PROVIDERS } from "../../../lib/providers/table.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";

type Row = [status: number, result: Verdict["result"], detail?: RegExp];

/** What the status alone says; a detail is for humans, so only its gist is pinned down. */
const STATUSES: Row[] = [
  [200, "valid"],
  [201, "valid"],
  [204, "valid"],
  [299, "valid"],
  [401, "rejected"],
  [402, "no-access", /^no balance$/],
  [403, "no-access", /may not use/],
  [429, "unknown", /^the provider answered with too many requests/],
  ...[300, 301, 302, 303, 304, 307, 308].map((status): Row => [status, "unknown", /redirect/]),
  ...[400, 404, 405, 408, 410, 422, 451, 500, 502, 503, 504, 520, 529, 599].map((status): Row => [
    status,
    "unknown",
    new RegExp(`status ${status}$`),
  ]),
];

/** Bodies of something in between: a login page, a wall against robots. */
const PAGES: Readonly<Record<string, string>> = {
  HTML: "<!doctype html><title>API_KEY_INVALID 1001 2049</title>",
  "HTML behind white space": '\r\n\t <html><script>{"valid":true}</script>',
  "HTML behind a byte order mark": "\ufeff<html>",
  XML: '<?xml version="1.0"?><Error><Code>1001</Code></Error>',
  "HTML that was cut": "<",
};

/** Bodies that say nothing; from a proxy on the way, or from someone who wants to confuse us. */
const MEANINGLESS: Readonly<Record<string, string>> = {
  nothing: "",
  "white space": " \n",
  null: "null",
  "a number": "1001",
  "a text": '"API_KEY_INVALID"',
  "an empty list": "[]",
  "an empty object": "{}",
  "no error": '{"error":null}',
  "an error that is a text": '{"error":"nope"}',
  "an error that is a list": '{"error":["code"]}',
  "an empty error": '{"error":{}}',
  "an error in a list": '[{"error":{"code":"1001"}}]',
  cut: '{"error":{"code":"1001","mess',
  "names of the prototype": '{"__proto__":{"error":{"code":"1001"},"base_resp":{"status_code":2049}}}',
  constructor: '{"constructor":{"prototype":{"valid":false}}}',
};

/** More of the same. */
const LARGE: Readonly<Record<string, string>> = {
  "one megabyte": `{"data":"${"x".repeat(1 << 20)}"}`,
  "one megabyte of brackets": "[".repeat(1 << 20),
};

Deno.test("judge() takes the status for what it says, whatever else the body holds", async (t) => {
  for (const provider of PROVIDERS) {
    for (const [status, result, detail] of STATUSES) {
      // What a success or a 403 with such a body means comes below.
      const good = provider.id === "cohere" ? '{"valid":true}' : "{}";
      const pages = status === 403 ? {} : PAGES;
      const large = status === 401 || status === 500 ? LARGE : {};
      const bodies = result === "valid" ? { "an object": good } : { ...MEANINGLESS, ...pages, ...large };
      await t.step(`${provider.id}: ${status} is ${result}`, () => {
        for (const [name, body] of Object.entries(bodies)) {
          const verdict = judge(provider, status, body);
          assert.equal(verdict.result, result, name);
          if (detail === undefined) assert.equal(verdict.detail, undefined, name);
          else assert.match(verdict.detail ?? "", detail, name);
        }
      });
    }
  }
});

Deno.test("judge() takes a page for no answer of the provider", async (t) => {
  for (const provider of PROVIDERS) {
    await t.step(provider.id, () => {
      for (const [name, body] of Object.entries(PAGES)) {
        assert.deepEqual(
          judge(provider, 403, body),
          { result: "unknown", detail: "the provider answered with status 403" },
          name,
        );
        for (const status of [200, 201, 204, 299]) {
          assert.equal(judge(provider, status, body).result, "unknown", name);
        }
      }
    });
  }
});

Deno.test("judge() calls no success valid that holds no JSON", async (t) => {
  for (const provider of PROVIDERS) {
    await t.step(provider.id, () => {
      for (
        const body of ["", " ", "\n", "null", "true", "1001", '"ok"', "ok", "data: {}", "\0{}", ")]}'\n{}"]
      ) {
        for (const status of [200, 201, 204]) {
          const { result, detail } = judge(provider, status, body);
          assert.equal(result, "unknown", body);
          assert.match(detail!, /^the provider answered with an (answer|error)/);
        }
      }
    });
  }
});

Deno.test("judge() takes a list of models for valid, also one that was read in part only", async (t) => {
  const list = JSON.stringify({ object: "list", data: [{ id: "a", error: null, code: 1001 }] });
  for (const provider of PROVIDERS.filter(({ id }) => id !== "cohere")) {
    await t.step(provider.id, () => {
      for (const body of [list, list.slice(0, -5), ` \n${list}`, "[", "{"]) {
        assert.deepEqual(judge(provider, 200, body), { result: "valid" });
      }
    });
  }
});

Deno.test("judge() knows another provider's error codes for none of its own", async (t) => {
  const foreign: [body: string, ids: string[]][] = [
    ['{"error":{"code":"1001"}}', ["zhipu", "zhipu-coding-plan"]],
    ['{"base_resp":{"status_code":1004}}', ["minimax", "minimax-oauth"]],
    ['{"error":{"details":[{"reason":"API_KEY_INVALID"}]}}', ["google"]],
  ];
  for (const [body, ids] of foreign) {
    await t.step(body, () => {
      for (const provider of PROVIDERS.filter(({ id }) => !ids.includes(id))) {
        assert.equal(judge(provider, 400, body).result, "unknown", provider.id);
        assert.equal(judge(provider, 500, body).result, "unknown", provider.id);
      }
      for (const id of ids) assert.equal(judge(providerById(id)!, 400, body).result, "rejected", id);
    });
  }
});

Deno.test("judge() repeats nothing of a body, which may echo the key", async (t) => {
  const places = [
    CANARY,
    JSON.stringify(CANARY),
    JSON.stringify({ error: CANARY, message: CANARY, code: CANARY, msg: CANARY, [CANARY]: CANARY }),
    JSON.stringify({ error: { code: CANARY, message: CANARY, type: CANARY, status: CANARY, [CANARY]: 1 } }),
    JSON.stringify({ error: { code: 1113, message: `Incorrect API key provided: ${CANARY}` } }),
    JSON.stringify({ error: { message: CANARY, details: [{ reason: CANARY, domain: CANARY }] } }),
    JSON.stringify({ error: { details: [{ reason: "API_KEY_INVALID", metadata: { key: CANARY } }] } }),
    JSON.stringify({ valid: CANARY }),
    JSON.stringify({ base_resp: { status_code: CANARY, status_msg: CANARY } }),
    JSON.stringify({ base_resp: { status_code: 1008, status_msg: CANARY } }),
    `<title>${CANARY}</title>`,
  ];
  for (const provider of PROVIDERS) {
    await t.step(provider.id, () => {
      for (const status of [200, 302, 400, 401, 403, 404, 429, 500]) {
        for (const body of places) {
          assertNoCanary(JSON.stringify(judge(provider, status, body)), `the verdict for ${status} ${body}`);
        }
      }
    });
  }
});
