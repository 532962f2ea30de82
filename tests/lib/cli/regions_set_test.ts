import assert from "node:assert/strict";
import { Regions } from "../../../lib/cli/regions.ts";
import { type Provider, providerById } from "../../../lib/providers/table.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { fails } from "../../support/failure.ts";
import { type VaultBox, vaultBox } from "../../support/vault_box.ts";

const SETS: [from: string, to: string][] = [
  ['{"a":1.0,"b":1e400}', '{"a":1.0,"b":1e400,"providers": {"moonshot":{"region":"global"}}}'],
  [
    '{"providers":{"yi":{"x":1.0}},"a":1}',
    '{"providers":{"yi":{"x":1.0},"moonshot": {"region":"global"}},"a":1}',
  ],
  [
    '{"providers":{"moonshot":{"region":"cn","x":1.0}}}',
    '{"providers":{"moonshot":{"region":"global","x":1.0}}}',
  ],
  ['{"providers":{"moonshot":{"x":1}}}', '{"providers":{"moonshot":{"x":1,"region": "global"}}}'],
  ['{"providers":{"moonshot":{"region":"global"}}}', '{"providers":{"moonshot":{"region":"global"}}}'],
  ['{"providers":{"moonshot":{"region":["x"]}}}', '{"providers":{"moonshot":{"region":"global"}}}'],
  // The key of an old version is not lost.
  ['{"providers":{"moonshot":"k\\"1"}}', '{"providers":{"moonshot":{"apiKey":"k\\"1","region":"global"}}}'],
  [
    '{"providers":{"moonshot":{"apiKey":"k"}}}',
    '{"providers":{"moonshot":{"apiKey":"k","region": "global"}}}',
  ],
];

Deno.test("Regions.set() changes that and nothing else", async (t) => {
  for (const [from, to] of SETS) {
    await t.step(from, async () => {
      using box = boxWith(from);
      await new Regions(box.home).set(provider("moonshot"), "global");
      assert.equal(Deno.readTextFileSync(box.home.config), to);
      assert.equal(new Regions(box.home).of(provider("moonshot")), "global");
    });
  }
});

const SHAPES = [
  '{"providers":[]}',
  `{"providers":["${CANARY}"]}`,
  `{"providers":"${CANARY}"}`,
  '{"providers":5}',
  '{"providers":null}',
  `{"providers":{"moonshot":["${CANARY}"]}}`,
  '{"providers":{"moonshot":5}}',
  '{"providers":{"moonshot":null}}',
  // Only the last counts, so to change another would change nothing.
  '{"providers":{"moonshot":{"region":"cn","region":"global"}}}',
  '{"providers":{"moonshot":{},"moonshot":{"region":"global"}}}',
  '{"providers":{"moonshot":"k","moonshot":{"region":"global"}}}',
  '{"providers":{},"providers":{"moonshot":{"region":"global"}}}',
];

Deno.test("Regions.set() writes over nothing that it does not know", async (t) => {
  for (const text of SHAPES) {
    await t.step(text, async () => {
      using box = boxWith(text);
      const { message, hint } = await fails(
        "usage",
        () => new Regions(box.home).set(provider("moonshot"), "cn"),
      );
      assert.match(message, /its "providers" is not as expected$/);
      assertNoCanary(message + hint, "the message");
      assert.equal(Deno.readTextFileSync(box.home.config), text);
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
