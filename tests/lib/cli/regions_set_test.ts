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

/** What is in the file, and what is said of it. */
const SHAPES: [text: string, state: string][] = [
  ['{"providers":[]}', 'its "providers" is not an object'],
  [`{"providers":["${CANARY}"]}`, 'its "providers" is not an object'],
  [`{"providers":"${CANARY}"}`, 'its "providers" is not an object'],
  ['{"providers":5}', 'its "providers" is not an object'],
  ['{"providers":null}', 'its "providers" is not an object'],
  [`{"providers":{"moonshot":["${CANARY}"]}}`, 'its "moonshot" is not an object'],
  ['{"providers":{"moonshot":5}}', 'its "moonshot" is not an object'],
  ['{"providers":{"moonshot":null}}', 'its "moonshot" is not an object'],
  // Only the last counts, so to change another would change nothing.
  [
    '{"providers":{"moonshot":{"region":"cn","region":"global"}}}',
    'it names "providers" or "moonshot" more than once',
  ],
  [
    '{"providers":{"moonshot":{},"moonshot":{"region":"global"}}}',
    'it names "providers" or "moonshot" more than once',
  ],
  [
    '{"providers":{"moonshot":"k","moonshot":{"region":"global"}}}',
    'it names "providers" or "moonshot" more than once',
  ],
  [
    '{"providers":{},"providers":{"moonshot":{"region":"global"}}}',
    'it names "providers" or "moonshot" more than once',
  ],
];

Deno.test("Regions.set() writes over nothing that it does not know", async (t) => {
  for (const [text, state] of SHAPES) {
    await t.step(text, async () => {
      using box = boxWith(text);
      const { message, hint } = await fails(
        "usage",
        () => new Regions(box.home).set(provider("moonshot"), "cn"),
      );
      assert.equal(message, `Cannot change ${box.home.config}: ${state}`);
      assert.match(
        hint!,
        /^correct it in an editor, or move it away: mv \S+config\.json \S+config\.json\.bad$/,
      );
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
