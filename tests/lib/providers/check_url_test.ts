import assert from "node:assert/strict";
import { checkUrl } from "../../../lib/providers/check.ts";
import { exactUrl, isMinting, mayReceive } from "../../../lib/providers/match.ts";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { inject } from "../../../lib/proxy/inject.ts";
import { Secret } from "../../../lib/secret.ts";

/** Written out, not computed: every place that is asked, and nothing else. */
const URLS: Readonly<Record<string, readonly string[]>> = {
  openai: ["GET https://api.openai.com/v1/models"],
  "openai-oauth": ["GET https://chatgpt.com/backend-api/wham/usage"],
  anthropic: ["GET https://api.anthropic.com/v1/models"],
  google: ["GET https://generativelanguage.googleapis.com/v1beta/models?pageSize=1"],
  mistral: ["GET https://api.mistral.ai/v1/models"],
  cohere: ["POST https://api.cohere.com/v1/check-api-key"],
  deepseek: ["GET https://api.deepseek.com/models"],
  moonshot: ["GET https://api.moonshot.cn/v1/models", "GET https://api.moonshot.ai/v1/models"],
  zhipu: ["GET https://api.z.ai/api/paas/v4/models", "GET https://open.bigmodel.cn/api/paas/v4/models"],
  "zhipu-coding-plan": [
    "GET https://api.z.ai/api/coding/paas/v4/models",
    "GET https://open.bigmodel.cn/api/coding/paas/v4/models",
  ],
  minimax: [
    "GET https://api.minimax.chat/v1/models",
    "GET https://api.minimax.io/v1/models",
    "GET https://api.minimaxi.com/v1/models",
  ],
  "minimax-oauth": [
    "GET https://api.minimax.io/anthropic/v1/models",
    "GET https://api.minimaxi.com/anthropic/v1/models",
  ],
  baichuan: ["GET https://api.baichuan-ai.com/v1/models"],
  yi: ["GET https://api.lingyiwanwu.com/v1/models"],
};

/** What costs money, or changes something. */
const BILLABLE =
  /chat|completion|message|generate|response|embed|rerank|image|audio|speech|video|file|batch|:|tokens/i;

Deno.test("checkUrl() gives the free call of every provider in every region", async (t) => {
  assert.deepEqual(Object.keys(URLS), PROVIDERS.map(({ id }) => id));
  for (const provider of PROVIDERS) {
    await t.step(provider.id, () => {
      const bases = [...new Set([provider.base, ...Object.values(provider.regions ?? {})])];
      const calls = bases.map((base) => `${provider.check.method} ${checkUrl(provider, base)}`);
      assert.deepEqual(calls, URLS[provider.id]);
    });
  }
});

Deno.test("checkUrl() gives URLs that may receive the credential, cost nothing and mint nothing", async (t) => {
  for (const provider of PROVIDERS) {
    for (const base of [provider.base, ...Object.values(provider.regions ?? {})]) {
      const url = checkUrl(provider, base);
      await t.step(`${provider.id} at ${base}`, () => {
        assert.ok(exactUrl(url.href) !== undefined);
        assert.ok(mayReceive(provider, url));
        assert.ok(!isMinting(provider, url));
        assert.doesNotMatch(url.pathname, BILLABLE);
        assert.equal(url.hostname, new URL(base).hostname);
        const credential = { secret: new Secret("k") };
        assert.doesNotThrow(() => inject(new Headers(), provider, url, credential, "agentgazer/1.2.3"));
      });
    }
  }
  assert.deepEqual(PROVIDERS.filter(({ check }) => check.method === "POST").map(({ id }) => id), ["cohere"]);
});
