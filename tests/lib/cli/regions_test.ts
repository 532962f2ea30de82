import assert from "node:assert/strict";
import { Regions, requireRegion } from "../../../lib/cli/regions.ts";
import { type Provider, providerById, PROVIDERS } from "../../../lib/providers/table.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { fails } from "../../support/failure.ts";
import { type VaultBox, vaultBox } from "../../support/vault_box.ts";

const BASES: [id: string, region: string | undefined, base: string][] = [
  ["moonshot", undefined, "https://api.moonshot.cn"],
  ["moonshot", "global", "https://api.moonshot.ai"],
  ["moonshot", "cn", "https://api.moonshot.cn"],
  ["zhipu", undefined, "https://api.z.ai"],
  ["zhipu", "cn", "https://open.bigmodel.cn"],
  ["zhipu-coding-plan", "cn", "https://open.bigmodel.cn/api/coding/paas/v4"],
  ["minimax", undefined, "https://api.minimax.chat"],
  ["minimax", "global", "https://api.minimax.io"],
  ["minimax", "cn", "https://api.minimaxi.com"],
  ["openai", undefined, "https://api.openai.com"],
];

Deno.test("Regions.baseOf() is the place of the region that is set", async (t) => {
  for (const [id, region, base] of BASES) {
    await t.step(`${id} ${region}`, async () => {
      using box = vaultBox();
      if (region !== undefined) await new Regions(box.home).set(provider(id), region);
      const regions = new Regions(box.home);
      assert.deepEqual([regions.of(provider(id)), regions.baseOf(provider(id))], [region, base]);
    });
  }
});

const CONFIGS: [text: string, region: string | undefined][] = [
  ["{}", undefined],
  ['{"providers":{}}', undefined],
  ['{"providers":{"moonshot":{}}}', undefined],
  ['{"providers":{"moonshot":"a key"}}', undefined],
  ['{"providers":{"moonshot":{"apiKey":"a key","region":"global","x":1}}}', "global"],
  ['{"providers":{"kimi":{"region":"global"},"openai":{"x":"y"}}}', undefined],
  ['{"providers":{"moonshot":{"Region":"global","options":{"region":"global"}}}}', undefined],
  // Of repeated members the last counts.
  ['{"providers":{"moonshot":{"region":"cn","region":"global"}}}', "global"],
  ['{"providers":{"moonshot":{"region":"cn"},"moonshot":{"region":"global"}}}', "global"],
  ['{"providers":{"moonshot":{"region":"cn"}},"providers":{"moonshot":{"region":"global"}}}', "global"],
  ['{"providers":{"moonshot":{"region":"global"}},"providers":{}}', undefined],
  ['{"region":"global","moonshot":{"region":"global"}}', undefined],
  ['{"providers":{"__proto__":{"region":"global"}}}', undefined],
];

Deno.test("Regions.of() reads what config.json sets", async (t) => {
  for (const [text, region] of CONFIGS) {
    await t.step(text, () => {
      using box = boxWith(text);
      assert.equal(new Regions(box.home).of(provider("moonshot")), region);
    });
  }
});

/** A region that was edited by hand, as it stands in the file. */
const NONSENSE = [
  `"${CANARY}"`,
  '""',
  '"GLOBAL"',
  '"global "',
  '"Global"',
  '"constructor"',
  '"__proto__"',
  '"https://api.moonshot.ai"',
  "null",
  "5",
  "true",
  "false",
  "0",
  "{}",
  "[]",
  '["global"]',
  `{"${CANARY}":"global"}`,
];

Deno.test("Regions.of() refuses a region that the provider does not have, and names those it has", async (t) => {
  for (const value of NONSENSE) {
    await t.step(value, async () => {
      using box = boxWith(`{"providers":{"moonshot":{"region":${value}}}}`);
      const { message, hint } = await fails("usage", () => new Regions(box.home).of(provider("moonshot")));
      assert.match(
        message,
        /^Cannot use the region that \/.*config\.json names for Moonshot \(Kimi\): its regions are cn, global$/,
      );
      assert.equal(hint, "agentgazer providers set moonshot --region cn");
      assertNoCanary(message + hint, "the message");
    });
  }
  await t.step("one for a provider without regions", async () => {
    using box = boxWith('{"providers":{"openai":{"region":"global"}}}');
    const { message } = await fails("usage", () => new Regions(box.home).of(provider("openai")));
    assert.match(message, /^Cannot use the region that \/.* names for OpenAI: it has no regions$/);
  });
  await t.step("one for a login, which no command writes over", async () => {
    using box = boxWith('{"providers":{"minimax-oauth":{"region":"eu"}}}');
    const { message, hint } = await fails("usage", () => new Regions(box.home).of(provider("minimax-oauth")));
    assert.match(message, /: its regions are global, cn$/);
    assert.match(hint!, /^write another region of "[a-z-]+" into \S+config\.json, such as "[a-z]+"$/);
  });
});

Deno.test("Regions sees every change of the file", async () => {
  using box = vaultBox();
  const regions = new Regions(box.home);
  const base = () => regions.baseOf(provider("moonshot"));
  assert.equal(base(), "https://api.moonshot.cn");
  await new Regions(box.home).set(provider("moonshot"), "global");
  assert.equal(base(), "https://api.moonshot.ai");
  Deno.writeTextFileSync(box.home.config, '{"providers":{"moonshot":{"region":"moon"}}}');
  await fails("usage", base);
  await fails("usage", base);
  Deno.writeTextFileSync(box.home.config, "{");
  await fails("usage", base);
  await fails("usage", base);
  Deno.removeSync(box.home.config);
  assert.equal(base(), "https://api.moonshot.cn");
  Deno.writeTextFileSync(box.home.config, '{"providers":{"moonshot":{"region":"global"}}}');
  Deno.chmodSync(box.home.config, 0o666);
  await fails("refused", base);
  Deno.chmodSync(box.home.config, 0o600);
  assert.equal(base(), "https://api.moonshot.ai");
});

Deno.test("requireRegion() takes the regions of the table and no others", async (t) => {
  for (const row of PROVIDERS) {
    await t.step(row.id, async () => {
      const names = Object.keys(row.regions ?? {});
      for (const name of names) assert.equal(requireRegion(row, name), name);
      for (
        const name of ["", "eu", "CN", "global\n", "toString", "__proto__", undefined, null, 0, names, CANARY]
      ) {
        const { message, hint } = await fails("usage", () => requireRegion(row, name));
        assert.ok(message.startsWith(`Cannot use that region for ${row.name}: `), message);
        assertNoCanary(message + hint, "the message");
      }
    });
  }
});

function provider(id: string): Provider {
  return providerById(id)!;
}

function boxWith(text: string): VaultBox {
  const box = vaultBox();
  Deno.mkdirSync(box.home.folder, { mode: 0o700 });
  Deno.writeTextFileSync(box.home.config, text, { mode: 0o600 });
  return box;
}
