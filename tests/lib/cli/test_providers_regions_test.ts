import assert from "node:assert/strict";
import { commandLine } from "../../support/command_line.ts";
import { fakeUpstream } from "../../support/fake_upstream.ts";

interface Row {
  readonly id: string;
  readonly region?: string;
  /** The hosts that accept the key; the others reject it. */
  readonly valid?: readonly string[];
  /** Other answers, by host. */
  readonly status?: Readonly<Record<string, number>>;
  /** What is answered with status 403. */
  readonly page?: string;
  /** Who is asked, in this order. */
  readonly asked: readonly string[];
  readonly result: string;
  /** The region to which the key belongs; of a key that is valid nowhere, `none`. */
  readonly home?: string;
}

const [MOON_CN, MOON_AI] = ["api.moonshot.cn", "api.moonshot.ai"] as const;
const [ZAI, BIGMODEL] = ["api.z.ai", "open.bigmodel.cn"] as const;
const [CHAT, IO, MINIMAXI] = ["api.minimax.chat", "api.minimax.io", "api.minimaxi.com"] as const;

/** One that is rejected is tried in all others. */
const rejected = (id: string, home: string, asked: readonly string[], rest: Partial<Row> = {}): Row => ({
  id,
  home,
  asked,
  result: "rejected",
  ...rest,
});

/** The other regions of a key that is valid nowhere; each of those rows uses the default. */
const ALSO_IN: Readonly<Record<string, string>> = {
  moonshot: "also not valid in global; ",
  zhipu: "also not valid in cn; ",
  minimax: "also not valid in global and cn; ",
};

const ROWS: Row[] = [
  // A key that is valid where it is used goes nowhere else.
  { id: "moonshot", valid: [MOON_CN], asked: [MOON_CN], result: "valid" },
  { id: "moonshot", region: "global", valid: [MOON_AI], asked: [MOON_AI], result: "valid" },
  { id: "zhipu", region: "cn", valid: [BIGMODEL], asked: [BIGMODEL], result: "valid" },
  { id: "minimax", region: "cn", valid: [MINIMAXI], asked: [MINIMAXI], result: "valid" },
  { id: "minimax", region: "legacy", valid: [CHAT], asked: [CHAT], result: "valid" },
  rejected("moonshot", "global", [MOON_CN, MOON_AI], { valid: [MOON_AI] }),
  rejected("moonshot", "global", [MOON_CN, MOON_AI], { region: "cn", valid: [MOON_AI] }),
  rejected("moonshot", "cn", [MOON_AI, MOON_CN], { region: "global", valid: [MOON_CN] }),
  rejected("zhipu", "cn", [ZAI, BIGMODEL], { valid: [BIGMODEL] }),
  rejected("zhipu", "global", [BIGMODEL, ZAI], { region: "cn", valid: [ZAI] }),
  rejected("minimax", "global", [CHAT, IO, MINIMAXI], { valid: [IO] }),
  rejected("minimax", "cn", [CHAT, IO, MINIMAXI], { valid: [MINIMAXI] }),
  rejected("minimax", "cn", [CHAT, IO, MINIMAXI], { region: "legacy", valid: [MINIMAXI] }),
  rejected("minimax", "global", [MINIMAXI, IO, CHAT], { region: "cn", valid: [IO] }),
  rejected("minimax", "legacy", [MINIMAXI, IO, CHAT], { region: "cn", valid: [CHAT] }),
  rejected("minimax", "legacy", [IO, MINIMAXI, CHAT], { region: "global", valid: [CHAT] }),
  // Valid nowhere.
  rejected("moonshot", "none", [MOON_CN, MOON_AI]),
  rejected("zhipu", "none", [ZAI, BIGMODEL]),
  rejected("minimax", "none", [CHAT, IO, MINIMAXI]),
  rejected("deepseek", "none", ["api.deepseek.com"]),
  // Where it is not rejected, no other region is told of the key.
  ...[402, 403, 429, 500, 302, 404].map((status) => ({
    id: "moonshot",
    valid: [MOON_AI],
    status: { [MOON_CN]: status },
    asked: [MOON_CN],
    result: status < 404 && status > 400 ? "no-access" : "unknown",
  })),
  // A region that knows the key and has no use for it is its home all the same.
  ...[402, 403].map((status) => rejected("zhipu", "cn", [ZAI, BIGMODEL], { status: { [BIGMODEL]: status } })),
  // Another region may fail in any way; that says nothing of the key.
  ...[400, 429, 500, 302, 404].map((status) =>
    rejected("zhipu", "none", [ZAI, BIGMODEL], { status: { [BIGMODEL]: status } })
  ),
  rejected("zhipu", "none", [ZAI, BIGMODEL], { status: { [BIGMODEL]: 403 }, page: "<html>" }),
  rejected("minimax", "cn", [CHAT, IO, MINIMAXI], { status: { [IO]: 500 }, valid: [MINIMAXI] }),
  // Where it is valid says more than where it may do nothing.
  rejected("minimax", "cn", [CHAT, IO, MINIMAXI], { status: { [IO]: 403 }, valid: [MINIMAXI] }),
];

Deno.test("providers test tries a rejected key in the provider's other regions", async (t) => {
  for (const row of ROWS) {
    const { id, region, valid = [], status = {}, page = "{}", asked, result, home } = row;
    await t.step(
      `${id} ${region ?? ""} [${valid}] ${JSON.stringify(status)} ${page} is ${home}`,
      async () => {
        using line = commandLine();
        const chosen = region === undefined ? [] : ["--region", region];
        await line.run(["providers", "set", id, ...chosen], { stdin: ["key"] });
        const fake = fakeUpstream(({ url: { hostname } }) =>
          new Response(page, { status: status[hostname] ?? (valid.includes(hostname) ? 200 : 401) })
        );
        const { out } = await line.run(["providers", "test", "--json"], fake);
        const [told, ...others] = JSON.parse(out);
        assert.deepEqual(others, []);
        assert.equal(told.result, result);
        const set = `agentgazer providers set ${id}`;
        // Only a region that rejected the key is named.
        const also = Object.keys(status).length === 0 ? ALSO_IN[id] ?? "" : "";
        if (home === "none") assert.equal(told.detail, `${also}store another one: ${set}`);
        else if (home !== undefined) {
          assert.equal(told.detail, `it belongs to the region ${home}: ${set} --region ${home}`);
        }
        assert.deepEqual(fake.urls.map((url) => new URL(url).hostname), asked);
        for (const { headers } of fake.calls) assert.equal(headers.authorization, "Bearer key");
      },
    );
  }
});
