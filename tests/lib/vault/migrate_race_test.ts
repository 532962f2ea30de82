import assert from "node:assert/strict";
import fc from "fast-check";
import { acceptKey } from "../../../lib/cli/accept.ts";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import type { Secret } from "../../../lib/secret.ts";
import { parseConfig } from "../../../lib/vault/config.ts";
import type { EntryKind } from "../../../lib/vault/envelope.ts";
import { migrate } from "../../../lib/vault/migrate.ts";
import { findPlaintext } from "../../../lib/vault/plaintext.ts";
import { Vault } from "../../../lib/vault/vault.ts";
import { countingRandom } from "../../support/fake_system.ts";
import { type VaultBox, vaultBox } from "../../support/vault_box.ts";

const TWO = '{"a":1.0,"providers":{"openai":{"apiKey":"sk-1"},"yi":"k-2"}}';
const NONE = '{"a":1.0,"providers":{"openai":{}}}';

/** A vault in whose folder something happens between the store and the removal. */
class Interrupted extends Vault {
  readonly #happen: () => void;

  constructor(box: VaultBox, happen: () => void) {
    super(box.home, box.keyStores(box.home), { now: () => 0, random: countingRandom() });
    this.#happen = happen;
  }

  override open(kind: EntryKind, name: string): Promise<Secret | undefined> {
    this.#happen();
    return super.open(kind, name);
  }
}

Deno.test("migrate() takes only what it stored out of a config.json that was edited meanwhile", async (t) => {
  const rows: [what: string, then: string, after: string][] = [
    ["another value", '{"providers":{"openai":"sk-9","yi":"k-2"}}', '{"providers":{"openai":"sk-9"}}'],
    [
      "another id",
      '{"providers":{"openai":"k-2","yi":"sk-1"}}',
      '{"providers":{"openai":"k-2","yi":"sk-1"}}',
    ],
    [
      "another place",
      '{"providers":{"yi":{"x":1,"apiKey":"k-2"},"openai":"sk-1"}}',
      '{"providers":{"yi":{"x":1}}}',
    ],
    ["further keys", '{"providers":{"google":"g","openai":"sk-1"}}', '{"providers":{"google":"g"}}'],
    ["none", '{"b":2.0}', '{"b":2.0}'],
  ];
  for (const [what, then, after] of rows) {
    await t.step(what, async () => {
      using box = boxWith(TWO);
      const vault = new Interrupted(box, () => Deno.writeTextFileSync(box.home.config, then));
      await migrate(vault, box.home, acceptKey);
      assert.equal(Deno.readTextFileSync(box.home.config), after);
    });
  }
  await t.step("and leaves one that was broken", async () => {
    using box = boxWith(TWO);
    const vault = new Interrupted(box, () => Deno.writeTextFileSync(box.home.config, "{"));
    const { moved, different, left, stuck } = await migrate(vault, box.home, acceptKey);
    assert.deepEqual([moved, different, left], [[], [], []]);
    assert.deepEqual([stuck?.names, stuck?.error.code], [["openai", "yi"], "usage"]);
    assert.equal(Deno.readTextFileSync(box.home.config), "{");
    assert.equal(await box.open("api-key", "openai"), "sk-1");
  });
});

Deno.test("migrate() loses nothing when many migrate at once", async () => {
  using box = boxWith(TWO);
  const runs = Array.from({ length: 8 }, () => migrate(box.vault(), box.home, acceptKey));
  for (const { different, left } of await Promise.all(runs)) assert.deepEqual([different, left], [[], []]);
  assert.equal(Deno.readTextFileSync(box.home.config), NONE);
  assert.equal(await box.open("api-key", "openai"), "sk-1");
  assert.equal(await box.open("api-key", "yi"), "k-2");
});

Deno.test("migrate() leaves every key in the vault or in config.json, whatever stands there", async () => {
  const ids = fc.constantFrom("openai", "yi", "google", "openai-oauth", "nobody", "__proto__", "2");
  const keys = fc.oneof(fc.constantFrom("a", "b", "a\n", "b c", "", "é"), fc.string());
  const values = fc.oneof(
    keys.map((key) => JSON.stringify(key)),
    fc.array(keys, { maxLength: 3 }).map((all) => `{${all.map((key) => `"apiKey":${JSON.stringify(key)}`)}}`),
    fc.constantFrom("5", "null", "[]", '{"apiKey":5}'),
  );
  const pairs = fc.array(fc.tuple(ids, values), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(pairs, async (list) => {
      const text = `{"providers":{${list.map(([id, value]) => `${JSON.stringify(id)}:${value}`).join()}}}`;
      using box = boxWith(text);
      const before = found(text);
      await migrate(box.vault(), box.home, acceptKey);
      const after = found(Deno.readTextFileSync(box.home.config));
      for (const [id, key] of before) {
        const isThere = after.some((one) => one[0] === id && one[1] === key);
        const provider = PROVIDERS.find((row) => row.id === id);
        const opened = provider && await box.open("api-key", id);
        assert.ok(isThere || opened === key?.replace(/\r?\n$/, ""), `${text}: ${id} is lost`);
      }
    }),
    { numRuns: 60, seed: 20_261_123 },
  );
});

function found(text: string): [id: string, key: string | undefined][] {
  return findPlaintext(parseConfig(text, "x")).map(({ id, key }) => [id, key]);
}

function boxWith(config: string): VaultBox {
  const box = vaultBox();
  Deno.mkdirSync(box.home.folder, { mode: 0o700 });
  Deno.writeTextFileSync(box.home.config, config, { mode: 0o600 });
  return box;
}
