import assert from "node:assert/strict";
import { providerById, PROVIDERS } from "../../../lib/providers/table.ts";
import { inject } from "../../../lib/proxy/inject.ts";
import { Secret } from "../../../lib/secret.ts";
import { addLine } from "../../support/web.ts";

const KEY = "k-0123456789";
const AGENT = "agentgazer/1.2.3";

function injected(id: string, path: string, before: Record<string, string> = {}): [string, string][] {
  const headers = new Headers(before);
  const provider = providerById(id)!;
  const url = new URL(`https://${provider.hosts[0]}${path}`);
  addLine(headers, inject(headers, provider, url, { secret: new Secret(KEY) }, AGENT));
  return [...headers];
}

const BEARER: [string, string][] = [["authorization", `Bearer ${KEY}`]];
const CODEX: [string, string][] = [...BEARER, ["originator", "agentgazer"], ["user-agent", AGENT]];
const GOOGLE: [string, string][] = [["x-goog-api-key", KEY]];
const ANTHROPIC: [string, string][] = [["anthropic-version", "2023-06-01"], ["x-api-key", KEY]];

const ROWS: [id: string, path: string, want: [string, string][]][] = [
  ["openai", "/v1/chat/completions", BEARER],
  ["openai-oauth", "/backend-api/codex/responses", CODEX],
  ["anthropic", "/v1/messages", ANTHROPIC],
  ["anthropic", "/v1beta/openai/chat", ANTHROPIC],
  ["google", "/v1beta/models/g:generateContent", GOOGLE],
  ["google", "/", GOOGLE],
  ["google", "/v1beta/openai", BEARER],
  ["google", "/v1beta/openai/", BEARER],
  ["google", "/v1beta/openai/chat/completions", BEARER],
  ["google", "/v1beta/openaix/chat/completions", GOOGLE],
  ["google", "/v1beta/open%61i/chat/completions", GOOGLE],
  ["google", "/v1/v1beta/openai/chat", GOOGLE],
  ["google", "/v1beta//openai/chat", GOOGLE],
  ["google", "/V1beta/openai/chat", GOOGLE],
  ["google", "/v1beta/models?x=/v1beta/openai/", GOOGLE],
  ["minimax-oauth", "/anthropic/v1/messages", BEARER],
  ["zhipu-coding-plan", "/api/anthropic/v1/messages", BEARER],
];

Deno.test("inject() puts the credential into the one header that the path wants", async (t) => {
  for (const [id, path, want] of ROWS) {
    await t.step(`${id} ${path}`, () => assert.deepEqual(injected(id, path), want));
  }
});

Deno.test("inject() carries the credential exactly once, for every provider", async (t) => {
  for (const { id, base } of PROVIDERS) {
    await t.step(id, () => {
      const carriers = injected(id, new URL(base + "/x").pathname).filter(([, value]) => value.includes(KEY));
      assert.equal(carriers.length, 1);
    });
  }
});

Deno.test("inject() puts no credential into a request to another host or path", async (t) => {
  const rows: [id: string, url: string][] = [
    ["openai", "https://api.anthropic.com/v1/models"],
    ["openai", "https://evil.test/v1/models"],
    ["openai", "http://api.openai.com/v1/models"],
    ["openai", "https://api.openai.com:444/v1/models"],
    ["openai-oauth", "https://chatgpt.com/backend-api/me"],
  ];
  for (const [id, url] of rows) {
    await t.step(url, () => {
      const headers = new Headers();
      const credential = { secret: new Secret(KEY) };
      assert.throws(() => inject(headers, providerById(id)!, new URL(url), credential, AGENT));
      assert.deepEqual([...headers], []);
    });
  }
});

Deno.test("inject() replaces what stands in its header and keeps the client's other headers", async (t) => {
  const rows: [id: string, before: Record<string, string>, want: [string, string][]][] = [
    ["openai", { authorization: "Bearer old", accept: "x" }, [["accept", "x"], ...BEARER]],
    ["anthropic", { "x-api-key": "old" }, ANTHROPIC],
    ["anthropic", { "anthropic-version": "2099-01-01" }, [["anthropic-version", "2099-01-01"], [
      "x-api-key",
      KEY,
    ]]],
    ["google", { "X-Goog-Api-Key": "old" }, GOOGLE],
  ];
  for (const [id, before, want] of rows) {
    await t.step(`${id} ${JSON.stringify(before)}`, () => assert.deepEqual(injected(id, "/", before), want));
  }
});

Deno.test("inject() puts no credential where it would end its header", async (t) => {
  for (const secret of ["", "a\nb", "a\r\nx-api-key: b", "a\0b", "k\u00fc", "k\u{1f511}"]) {
    await t.step(JSON.stringify(secret), () => {
      const headers = new Headers();
      const url = new URL("https://api.openai.com/v1/models");
      const credential = { secret: new Secret(secret) };
      assert.throws(() => inject(headers, providerById("openai")!, url, credential, AGENT), /can't be sent/);
    });
  }
});

Deno.test("inject() names this program to the service that wants to know it, whatever the client says", () => {
  const before = { originator: "codex_cli_rs", "User-Agent": "codex/9.9", accept: "x" };
  const want = [["accept", "x"], ...CODEX];
  assert.deepEqual(injected("openai-oauth", "/backend-api/codex/responses", before), want);
});

Deno.test("inject() leaves the client's name as it is for every other provider", async (t) => {
  const before = { originator: "codex_cli_rs", "user-agent": "codex/9.9" };
  for (const { id, base } of PROVIDERS.filter(({ programHeader }) => programHeader === undefined)) {
    await t.step(id, () => {
      const after = Object.fromEntries(injected(id, new URL(base + "/x").pathname, before));
      assert.deepEqual([after.originator, after["user-agent"]], ["codex_cli_rs", "codex/9.9"]);
    });
  }
});
