import assert from "node:assert/strict";
import { acceptKey } from "../../../lib/cli/accept.ts";
import { migrate } from "../../../lib/vault/migrate.ts";
import { type VaultBox, vaultBox } from "../../support/vault_box.ts";

interface Case {
  readonly config: string;
  /** Keys that the vault has before. */
  readonly vault?: Readonly<Record<string, string>>;
  /** The config afterwards; the same when it is left out. */
  readonly after?: string;
  readonly moved?: readonly string[];
  readonly different?: readonly string[];
  /** Of how many it is said why they are still there. */
  readonly left?: number;
  /** What the vault has afterwards, beside what it had. */
  readonly stores?: Readonly<Record<string, string>>;
}

const CASES: Readonly<Record<string, Case>> = {
  "an object": {
    config: '{"providers":{"openai":{"apiKey":"sk-1"}}}',
    after: '{"providers":{"openai":{}}}',
    moved: ["openai"],
    stores: { openai: "sk-1" },
  },
  "a bare string": {
    config: '{"providers":{"openai":"sk-1"}}',
    after: '{"providers":{}}',
    moved: ["openai"],
    stores: { openai: "sk-1" },
  },
  "three keys, one of them in the vault with another value": {
    config: '{"providers":{"openai":{"apiKey":"sk-1"},"yi":"k-2","mistral":{"apiKey":"k-3","x":1}}}',
    vault: { yi: "other" },
    after: '{"providers":{"openai":{},"yi":"k-2","mistral":{"x":1}}}',
    moved: ["openai", "mistral"],
    different: ["yi"],
    stores: { openai: "sk-1", mistral: "k-3" },
  },
  "one that the vault has": {
    config: '{"providers":{"openai":{"apiKey":"sk-1"}}}',
    vault: { openai: "sk-1" },
    after: '{"providers":{"openai":{}}}',
    moved: ["openai"],
  },
  "one that the vault has, with a line end": {
    config: '{"providers":{"openai":"sk-1\\n"}}',
    vault: { openai: "sk-1" },
    after: '{"providers":{}}',
    moved: ["openai"],
  },
  "one that differs": {
    config: '{"providers":{"openai":"sk-1"}}',
    vault: { openai: "sk-2" },
    different: ["openai"],
  },
  "one that differs in case": {
    config: '{"providers":{"openai":"SK-1"}}',
    vault: { openai: "sk-1" },
    different: ["openai"],
  },
  "an unknown id": { config: '{"providers":{"nobody":{"apiKey":"k"},"OpenAI":"k"}}', left: 2 },
  "ids that objects have anyway": {
    config: '{"providers":{"__proto__":"k","constructor":{"apiKey":"k"}}}',
    left: 2,
  },
  "no texts": { config: '{"providers":{"openai":{"apiKey":5},"yi":["k"],"google":{"apiKey":{}}}}', left: 3 },
  "logins": { config: '{"providers":{"openai-oauth":"k","minimax-oauth":{"apiKey":"k"}}}', left: 2 },
  "white space": { config: '{"providers":{"openai":"sk 1","yi":" k","google":"k\\n\\n"}}', left: 3 },
  "control characters": { config: '{"providers":{"openai":"sk\\u00001","yi":"k\\u001b[2J"}}', left: 2 },
  "what is not ASCII": { config: '{"providers":{"openai":"sk-é"}}', left: 1 },
  "9,000 bytes": { config: `{"providers":{"openai":"${"k".repeat(9000)}"}}`, left: 1 },
  "the longest key": {
    config: `{"providers":{"openai":"${"k".repeat(8192)}"}}`,
    after: '{"providers":{}}',
    moved: ["openai"],
    stores: { openai: "k".repeat(8192) },
  },
  "admin keys and keys of others": {
    config: '{"providers":{"openai":"sk-admin-1","anthropic":"sk-ant-admin01-x","yi":"sk-proj-x"}}',
    after: '{"providers":{}}',
    moved: ["openai", "anthropic", "yi"],
    stores: { openai: "sk-admin-1", anthropic: "sk-ant-admin01-x", yi: "sk-proj-x" },
  },
  "the same key twice": {
    config: '{"providers":{"openai":{"apiKey":"sk-1","apiKey":"sk-1"},"openai":"sk-1"}}',
    after: '{"providers":{"openai":{}}}',
    moved: ["openai"],
    stores: { openai: "sk-1" },
  },
  "two values, of which the vault has the first": {
    config: '{"providers":{"openai":{"apiKey":"sk-1","apiKey":"sk-2"}}}',
    vault: { openai: "sk-1" },
    after: '{"providers":{"openai":{"apiKey":"sk-2"}}}',
    moved: ["openai"],
    different: ["openai"],
  },
  "a good one between bad ones": {
    config: '{"providers":{"nobody":"k","openai":"sk-1","yi":5}}',
    after: '{"providers":{"nobody":"k","yi":5}}',
    moved: ["openai"],
    left: 2,
    stores: { openai: "sk-1" },
  },
  "everything else as it was": {
    config:
      '{\r\n\t"10" : 1.0,\r\n\t"2": 1e400,\r\n\t"providers": { "moonshot": {"region":"global" , "apiKey": "k-1",' +
      ' "n": 123456789012345678901234567890 } },\r\n\t"1": -0.0, "é\\u00e9": "\\/"\r\n}\r\n',
    after: '{\r\n\t"10" : 1.0,\r\n\t"2": 1e400,\r\n\t"providers": { "moonshot": {"region":"global" , ' +
      '"n": 123456789012345678901234567890 } },\r\n\t"1": -0.0, "é\\u00e9": "\\/"\r\n}\r\n',
    moved: ["moonshot"],
    stores: { moonshot: "k-1" },
  },
  "two keys under one name": {
    config: '{"providers":{"openai":"k-1","openai":{"apiKey":"k-2"}}}',
    after: '{"providers":{"openai":"k-1","openai":{}}}',
    moved: ["openai"],
    different: ["openai"],
    stores: { openai: "k-2" },
  },
  "two keys in one entry": {
    config: '{"providers":{"openai":{"apiKey":"k-1","apiKey":"k-2"}}}',
    after: '{"providers":{"openai":{"apiKey":"k-1"}}}',
    moved: ["openai"],
    different: ["openai"],
    stores: { openai: "k-2" },
  },
  "no keys": { config: '{"providers":{"openai":{"apiKey":null,"x":1},"yi":{"apiKey":""}},"a":1.0}' },
  "providers that are no object": { config: '{"providers":["k",{"apiKey":"k"}]}' },
};

Deno.test("migrate() moves the keys that it can, and leaves the rest as it was", async (t) => {
  for (const [what, row] of Object.entries(CASES)) {
    await t.step(what, async () => {
      using box = boxWith(row.config);
      for (const [id, key] of Object.entries(row.vault ?? {})) await box.put("api-key", id, key);
      const { ino } = Deno.statSync(box.home.config);
      const done = await migrate(box.vault(), box.home, acceptKey);
      assert.deepEqual(done.moved, row.moved ?? []);
      assert.deepEqual(done.different, row.different ?? []);
      assert.equal(done.left.length, row.left ?? 0);
      assert.equal(done.stuck, undefined);
      assert.equal(Deno.readTextFileSync(box.home.config), row.after ?? row.config);
      const unchanged = row.after === undefined;
      assert.equal(Deno.statSync(box.home.config).ino === ino, unchanged, "it was written without need");
      const has = { ...row.vault, ...row.stores };
      assert.deepEqual(names(box), Object.keys(has).sort());
      for (const [id, key] of Object.entries(has)) assert.equal(await box.open("api-key", id), key);
    });
  }
});

Deno.test("migrate() takes the key of a plan as its login", async () => {
  using box = boxWith('{"providers":{"zhipu-coding-plan":{"apiKey":"k-1"}}}');
  const { moved } = await migrate(box.vault(), box.home, acceptKey);
  assert.deepEqual(moved, ["zhipu-coding-plan"]);
  assert.equal(await box.open("login", "zhipu-coding-plan"), '{"accessToken":"k-1"}');
});

Deno.test("migrate() does not open the vault when there is nothing to move", async (t) => {
  for (const config of [undefined, "{}", '{"providers":{"nobody":"k","openai":5}}']) {
    await t.step(String(config), async () => {
      using box = config === undefined ? vaultBox() : boxWith(config);
      await migrate(box.vault(), box.home, acceptKey);
      assert.throws(() => Deno.lstatSync(box.home.vault), Deno.errors.NotFound);
      assert.throws(() => Deno.lstatSync(box.home.lock), Deno.errors.NotFound);
    });
  }
});

function boxWith(config: string): VaultBox {
  const box = vaultBox();
  Deno.mkdirSync(box.home.folder, { mode: 0o700 });
  Deno.writeTextFileSync(box.home.config, config, { mode: 0o600 });
  return box;
}

function names(box: VaultBox): string[] {
  return box.vault().read().entries("api-key").good.map(({ name }) => name);
}
