import assert from "node:assert/strict";
import { exactUrl, mayReceive } from "../../../lib/providers/match.ts";
import { providerById, PROVIDERS } from "../../../lib/providers/table.ts";

/** Written out, not computed: a change of the table must be made twice. */
const ROWS: [id: string, hosts: string[], base: string, header: string, auth: string][] = [
  ["openai", ["api.openai.com"], "https://api.openai.com", "bearer", "api-key"],
  ["openai-oauth", ["chatgpt.com"], "https://chatgpt.com/backend-api/codex", "bearer", "oauth"],
  ["anthropic", ["api.anthropic.com"], "https://api.anthropic.com", "x-api-key", "api-key"],
  [
    "google",
    ["generativelanguage.googleapis.com"],
    "https://generativelanguage.googleapis.com",
    "x-goog-api-key",
    "api-key",
  ],
  ["mistral", ["api.mistral.ai"], "https://api.mistral.ai", "bearer", "api-key"],
  ["cohere", ["api.cohere.com", "api.cohere.ai"], "https://api.cohere.com", "bearer", "api-key"],
  ["deepseek", ["api.deepseek.com"], "https://api.deepseek.com", "bearer", "api-key"],
  ["moonshot", ["api.moonshot.cn", "api.moonshot.ai"], "https://api.moonshot.cn", "bearer", "api-key"],
  ["zhipu", ["api.z.ai", "open.bigmodel.cn"], "https://api.z.ai", "bearer", "api-key"],
  [
    "zhipu-coding-plan",
    ["api.z.ai", "open.bigmodel.cn"],
    "https://api.z.ai/api/coding/paas/v4",
    "bearer",
    "guided",
  ],
  [
    "minimax",
    ["api.minimax.chat", "api.minimax.io", "api.minimaxi.com"],
    "https://api.minimax.chat",
    "bearer",
    "api-key",
  ],
  [
    "minimax-oauth",
    ["api.minimax.io", "api.minimaxi.com"],
    "https://api.minimax.io/anthropic",
    "bearer",
    "oauth",
  ],
  ["baichuan", ["api.baichuan-ai.com"], "https://api.baichuan-ai.com", "bearer", "api-key"],
  ["yi", ["api.lingyiwanwu.com"], "https://api.lingyiwanwu.com", "bearer", "api-key"],
];

/** The paths of DESIGN.md; a row may list more. */
const MINTING: Record<string, string[]> = {
  openai: [
    "/v1/organization",
    "/v1/realtime/client_secrets",
    "/v1/realtime/sessions",
    "/v1/realtime/transcription_sessions",
  ],
  anthropic: ["/v1/organizations"],
  google: ["/*/auth_tokens"],
};

Deno.test("PROVIDERS holds the 14 services of the design, in its order", async (t) => {
  assert.deepEqual(PROVIDERS.map(({ id }) => id), ROWS.map(([id]) => id));
  for (const [id, hosts, base, header, auth] of ROWS) {
    await t.step(id, () => {
      const row = PROVIDERS.find((provider) => provider.id === id)!;
      assert.deepEqual([row.hosts, row.base, row.header, row.auth], [hosts, base, header, auth]);
    });
  }
});

Deno.test("PROVIDERS limits the paths of the two plans that share a host with a web site", () => {
  const limited = PROVIDERS.filter(({ paths }) => paths !== undefined).map(({ id, paths }) => [id, paths]);
  assert.deepEqual(limited, [
    ["openai-oauth", ["/backend-api/codex/", "/backend-api/wham/usage"]],
    ["zhipu-coding-plan", ["/api/coding/", "/api/anthropic/"]],
  ]);
});

Deno.test("PROVIDERS marks exactly the rows that list a host of another row", () => {
  for (const row of PROVIDERS) {
    const others = PROVIDERS.filter((other) => other !== row).flatMap(({ hosts }) => hosts);
    assert.equal(row.sharesHosts ?? false, row.hosts.some((host) => others.includes(host)), row.id);
  }
});

Deno.test("PROVIDERS has unique ids that can stand in a path, and one service per name", () => {
  assert.equal(new Set(PROVIDERS.map(({ id }) => id)).size, PROVIDERS.length);
  assert.equal(new Set(PROVIDERS.map(({ name }) => name)).size, PROVIDERS.length);
  for (const { id } of PROVIDERS) {
    assert.match(id, /^[a-z][a-z-]*[a-z]$/);
    assert.ok(!["agents", "health"].includes(id), id);
  }
});

Deno.test("PROVIDERS gives every row a base that is exact and receives its own credential", async (t) => {
  for (const row of PROVIDERS) {
    await t.step(row.id, () => {
      assert.ok(!row.base.endsWith("/"));
      const url = exactUrl(row.base + "/");
      assert.ok(url !== undefined && row.hosts.includes(url.hostname));
      assert.ok(mayReceive(row, url));
    });
  }
});

Deno.test("PROVIDERS writes hosts as plain lower-case names", () => {
  for (const host of PROVIDERS.flatMap(({ hosts }) => hosts)) {
    assert.match(host, /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}$/);
    assert.equal(new URL(`https://${host}/`).host, host);
  }
});

Deno.test("PROVIDERS names SDK variables that a shell can set, and paths that can follow a route", () => {
  for (const { id, sdk } of PROVIDERS) {
    for (const name of [...sdk.key, ...sdk.base]) assert.match(name, /^[A-Z][A-Z0-9_]*$/, id);
    assert.ok(sdk.key.length > 0 && sdk.base.length > 0, id);
    assert.match(sdk.path, /^(\/[a-z0-9]+)*$/, id);
  }
});

Deno.test("PROVIDERS lists the paths that hand out credentials, where the services have them", () => {
  for (const row of PROVIDERS) {
    for (const path of MINTING[row.id] ?? []) assert.ok(row.minting?.includes(path), `${row.id} ${path}`);
    for (const path of row.minting ?? []) assert.match(path, /^(\/[a-z0-9_*]+)+$/, row.id);
  }
});

Deno.test("PROVIDERS knows an admin key wherever keys of administrators have a shape", async (t) => {
  const rows: [id: string, key: string, isAdmin: boolean][] = [
    ["openai", "sk-admin-abc", true],
    ["openai", "sk-proj-abc", false],
    ["openai", "sk-proj-admin-sk-admin-", false],
    ["anthropic", "sk-ant-admin01-abc", true],
    ["anthropic", "sk-ant-api03-abc", false],
  ];
  for (const [id, key, isAdmin] of rows) {
    await t.step(`${id} ${key}`, () => assert.equal(providerById(id)!.adminKeyShape!.test(key), isAdmin));
  }
});

Deno.test("providerById() finds every row by its id and nothing else", async (t) => {
  for (const row of PROVIDERS) assert.equal(providerById(row.id), row);
  for (const id of ["", "OpenAI", "openai ", "openai/", "%6fpenai", "__proto__", "constructor", "toString"]) {
    await t.step(JSON.stringify(id), () => assert.equal(providerById(id), undefined));
  }
});
