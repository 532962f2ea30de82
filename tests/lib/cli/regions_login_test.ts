import assert from "node:assert/strict";
import { Regions } from "../../../lib/cli/regions.ts";
import { type Provider, providerById } from "../../../lib/providers/table.ts";
import type { EntryFields, EntryKind } from "../../../lib/vault/envelope.ts";
import { homeFrom } from "../../../lib/vault/home.ts";
import type { Json } from "../../../lib/vault/keystore.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

const MINIMAX = providerById("minimax-oauth")!;
const CODEX = providerById("openai-oauth")!;
const USUAL = "https://api.minimax.io/anthropic";
const TIME = "2026-11-02T09:00:00.000Z";

function entry(fields: Record<string, Json>, kind: EntryKind = "login"): EntryFields {
  return { kind, createdAt: TIME, updatedAt: TIME, ...fields };
}

/** Where requests go, with this region in config.json. */
function place(
  provider: Provider,
  fields?: EntryFields,
  region?: string,
): [region: string | undefined, base: string] {
  using folder = temporaryFolder();
  const home = homeFrom((name) => name === "AGENTGAZER_HOME" ? folder.path : undefined);
  if (region !== undefined) {
    Deno.writeTextFileSync(home.config, JSON.stringify({ providers: { [provider.id]: { region } } }));
  }
  const regions = new Regions(home);
  return [regions.of(provider, fields), regions.baseOf(provider, fields)];
}

const CN = "https://api.minimaxi.com/anthropic";

const REGIONS: [
  what: string,
  fields: EntryFields | undefined,
  config: string | undefined,
  region: string | undefined,
][] = [
  ["nothing says one", undefined, undefined, undefined],
  ["config.json says it without a login", undefined, "cn", "cn"],
  ["the login says it", entry({ region: "cn" }), undefined, "cn"],
  ["the login says another one than config.json", entry({ region: "cn" }), "global", "cn"],
  ["the login says none", entry({}), "cn", "cn"],
  ["the login says one that there is not", entry({ region: "mars" }), "cn", "cn"],
  ["the login says a name that all objects have", entry({ region: "toString" }), undefined, undefined],
  ["the login says the prototype", entry({ region: "__proto__" }), "cn", "cn"],
  ["the login says something else than a text", entry({ region: ["cn"] }), undefined, undefined],
  ["the login says it with an escape sequence", entry({ region: "cn\x1b[0m" }), undefined, undefined],
  ["an API key says it, which it can't", entry({ region: "cn" }, "api-key"), "global", "global"],
];

Deno.test("Regions.of() takes a login's own region before that of config.json", async (t) => {
  for (const [what, fields, config, region] of REGIONS) {
    await t.step(what, () => {
      const base = region === "cn" ? CN : USUAL;
      assert.deepEqual(place(MINIMAX, fields, config), [region, base]);
    });
  }
  await t.step("config.json is not even read for a login with a region", () => {
    assert.deepEqual(place(MINIMAX, entry({ region: "cn" }), "mars"), ["cn", CN]);
  });
  await t.step("a provider without regions has none", () => {
    assert.deepEqual(place(CODEX, entry({ region: "cn" })), [undefined, CODEX.base]);
  });
});

const HONOURED: [base: string, region: string][] = [
  ["https://api.minimax.io/anthropic", "global"],
  ["https://api.minimax.io/v2/anthropic", "global"],
  ["https://api.minimax.io", "global"],
  ["https://api.minimaxi.com/other", "cn"],
];

Deno.test("Regions.baseOf() goes where a login says, on the host of its region", async (t) => {
  for (const [base, region] of HONOURED) {
    await t.step(base, () => assert.deepEqual(place(MINIMAX, entry({ base, region })), [region, base]));
  }
});

const REFUSED: Json[] = [
  "http://api.minimax.io/anthropic",
  "https://api.minimaxi.com/anthropic",
  "https://account.minimax.io/anthropic",
  "https://minimax.io/anthropic",
  "https://evil.example/anthropic",
  "https://api.minimax.io.evil.example/anthropic",
  "https://api.minimax.io@evil.example/anthropic",
  "https://evil@api.minimax.io/anthropic",
  "https://evil:pw@api.minimax.io/anthropic",
  "https://api.minimax.io:444/anthropic",
  "https://api.minimax.io:443/anthropic",
  "https://api.minimax.io:80/anthropic",
  "https://api.minimax.io./anthropic",
  "https://API.minimax.io/anthropic",
  "https://api.minimax.io/anthropic?to=x",
  "https://api.minimax.io/anthropic#x",
  "https://api.minimax.io/a/../b",
  "https://api.minimax.io\\anthropic",
  "https:/api.minimax.io/anthropic",
  "//api.minimax.io/anthropic",
  "api.minimax.io/anthropic",
  " https://api.minimax.io/anthropic",
  "https://api.minimax.io/anthropic\n",
  "https://api.minimax.io/\x1b[31m",
  "ftp://api.minimax.io/anthropic",
  "javascript:alert(1)",
  "",
  "/",
  null,
  5,
  ["https://api.minimax.io/x"],
];

Deno.test("Regions.baseOf() goes to the usual place when a login says anything else", async (t) => {
  for (const base of REFUSED) {
    await t.step(JSON.stringify(base), () => {
      assert.deepEqual(place(MINIMAX, entry({ base, region: "global" })), ["global", USUAL]);
    });
  }
  await t.step("an address of the region that config.json says, but not the login", () => {
    assert.equal(place(MINIMAX, entry({ base: CN, region: "global" }), "cn")[1], USUAL);
  });
  await t.step("an API key with an address of its own", () => {
    const base = "https://api.minimax.io/own";
    assert.equal(
      place(providerById("minimax")!, entry({ base }, "api-key"), "global")[1],
      "https://api.minimax.io",
    );
  });
});
