import assert from "node:assert/strict";
import {
  exactUrl,
  isAtOrBelow,
  isUnambiguous,
  mayReceive,
  providersAt,
} from "../../../lib/providers/match.ts";
import { providerById } from "../../../lib/providers/table.ts";

function receives(id: string, text: string): boolean {
  const url = exactUrl(text);
  return url !== undefined && mayReceive(providerById(id)!, url);
}

const CODEX: [path: string, allowed: boolean][] = [
  ["/backend-api/codex/responses", true],
  ["/backend-api/codex/", true],
  ["/backend-api/codex/a/b?next=/../..", true],
  ["/backend-api/wham/usage", true],
  ["/backend-api/wham/usage?x=1", true],
  ["/", false],
  ["/backend-api", false],
  ["/backend-api/", false],
  ["/backend-api/me", false],
  ["/backend-api/codex", false],
  ["/backend-api/codexx/responses", false],
  ["/backend-api/codex-evil/", false],
  ["/Backend-Api/Codex/responses", false],
  ["/backend-api/codex.evil/", false],
  ["/backend-api/wham/usage/", false],
  ["/backend-api/wham/usage/x", false],
  ["/backend-api/wham/usages", false],
  ["/x/backend-api/codex/", false],
  ["//backend-api/codex/", false],
  ["/backend-api//codex/", false],
  ["/backend-api/codex//responses", false],
  ["/backend-api/codex/../me", false],
  ["/backend-api/codex/%2e%2e/me", false],
  ["/backend-api/codex/%2E./me", false],
  ["/backend-api/codex/..;/me", false],
  ["/backend-api/codex/..;x=1/me", false],
  ["/backend-api/codex/..%2fme", false],
  ["/backend-api/codex/..%2Fme", false],
  ["/backend-api/codex/..%5cme", false],
  ["/backend-api/codex/..%5Cme", false],
  ["/backend-api/codex/..\\me", false],
  ["/backend-api/codex/%252e%252e/me", false],
  ["/backend-api/codex/%252fme", false],
  ["/backend-api/codex/%25252e", false],
  ["/backend-api%2fcodex/responses", false],
  ["/backend-api/%63odex/responses", false],
  ["/backend-api/codex/%2e", false],
  ["/backend-api/codex/a%2eb", false],
  ["/backend-api/codex/;/x", false],
  ["/backend-api/codex;x/responses", false],
  ["/me?/backend-api/codex/", false],
];

Deno.test("mayReceive() gives a ChatGPT login only to the paths of Codex", async (t) => {
  for (const [path, allowed] of CODEX) {
    await t.step(path, () => assert.equal(receives("openai-oauth", "https://chatgpt.com" + path), allowed));
  }
});

const PLAN: [path: string, allowed: boolean][] = [
  ["/api/coding/paas/v4/chat/completions", true],
  ["/api/anthropic/v1/messages", true],
  ["/api/coding", false],
  ["/api/anthropic", false],
  ["/api/paas/v4/chat/completions", false],
  ["/api/coding-plan/", false],
  ["/api/coding/../paas/v4", false],
  ["/api/coding/%2e%2e/paas/v4", false],
  ["/api/coding/..;/paas/v4", false],
  ["/api/coding/..%2fpaas/v4", false],
  ["/api/coding/..%5cpaas/v4", false],
  ["/api//coding/paas/v4", false],
  ["/api/%63oding/paas/v4", false],
  ["/API/coding/paas/v4", false],
];

Deno.test("mayReceive() gives a coding plan's token only to the paths of the plan", async (t) => {
  for (const host of ["api.z.ai", "open.bigmodel.cn"]) {
    for (const [path, allowed] of PLAN) {
      await t.step(host + path, () => {
        assert.equal(receives("zhipu-coding-plan", `https://${host}${path}`), allowed);
      });
    }
  }
});

Deno.test("providersAt() reaches neither provider of a shared host by a path of two readings", async (t) => {
  const paths = [
    "//api/coding/paas/v4",
    "/api//coding/",
    "/api/%63oding/x",
    "/api/codin%67/x",
    "/api/%2563oding/x",
    "/api%2fcoding/x",
    "/api%5Ccoding/x",
    "/api;a=b/coding/x",
    "/api/x/..;/coding/x",
    "/%61pi/coding/x",
    "/api/paas%2e/x",
    "/api/paas/v%34/x",
    "/api/paas%2dv4",
    "/api/paas%5fv4",
    "/api/paas%7ev4",
  ];
  for (const host of ["api.z.ai", "open.bigmodel.cn", "api.minimax.io"]) {
    for (const path of paths) {
      await t.step(host + path, () => {
        const url = exactUrl(`https://${host}${path}`);
        assert.ok(url !== undefined);
        assert.deepEqual(providersAt(url), []);
      });
    }
  }
});

Deno.test("providersAt() gives the coding plan what lies at or below its own path, and no more", async (t) => {
  const rows: [path: string, ids: string[]][] = [
    ["/api/coding/x", ["zhipu-coding-plan"]],
    ["/api/codingx", ["zhipu"]],
    ["/api/coding.x/", ["zhipu"]],
    ["/x/api/coding/", ["zhipu"]],
    ["/api/Coding/x", ["zhipu"]],
    // The login never goes there, but neither does the API key of the other product.
    ["/api/coding", ["zhipu"]],
  ];
  for (const [path, ids] of rows) {
    await t.step(path, () => {
      assert.deepEqual(providersAt(exactUrl(`https://api.z.ai${path}`)!).map(({ id }) => id), ids);
    });
  }
});

Deno.test("isUnambiguous() asks only where a path decides who gets what", async (t) => {
  const rows: [id: string, url: string, want: boolean][] = [
    ["openai", "https://api.openai.com/v1//%2e%2f;x", true],
    ["google", "https://generativelanguage.googleapis.com/v1beta/files/a%2Fb", true],
    ["minimax-oauth", "https://api.minimax.io/anthropic/v1/messages", true],
    ["minimax", "https://api.minimax.chat/a%20b/%C3%A9", true],
    ["minimax", "https://api.minimax.chat//v1", false],
    ["minimax-oauth", "https://api.minimax.io/a%2fb", false],
    ["zhipu", "https://api.z.ai/a;b", false],
    ["openai-oauth", "https://chatgpt.com/backend-api/codex/%5C", false],
  ];
  for (const [id, url, want] of rows) {
    await t.step(`${id} ${url}`, () => assert.equal(isUnambiguous(providerById(id)!, new URL(url)), want));
  }
});

Deno.test("isAtOrBelow() compares whole segments", async (t) => {
  const rows: [path: string, top: string, want: boolean][] = [
    ["/v1beta/openai", "/v1beta/openai", true],
    ["/v1beta/openai/", "/v1beta/openai", true],
    ["/v1beta/openai/chat", "/v1beta/openai", true],
    ["/v1beta/openaix", "/v1beta/openai", false],
    ["/v1beta", "/v1beta/openai", false],
    ["/x/v1beta/openai", "/v1beta/openai", false],
    ["", "/v1beta/openai", false],
  ];
  for (const [path, top, want] of rows) {
    await t.step(path, () => assert.equal(isAtOrBelow(path, top), want));
  }
});
