import assert from "node:assert/strict";
import { acceptKey } from "../../../lib/cli/accept.ts";
import { adopt } from "../../../lib/vault/adopt.ts";
import { migrate } from "../../../lib/vault/migrate.ts";
import { fails } from "../../support/failure.ts";
import { beside, namesIn, type VaultBox, vaultBox } from "../../support/vault_box.ts";

const TWO = '{"a":1.0,"providers":{"openai":{"apiKey":"sk-1"},"yi":"k-2"}}';
const NONE = '{"a":1.0,"providers":{"openai":{}}}';

Deno.test("migrate() loses nothing when it is broken off, and the next run goes on", async (t) => {
  const rows: [
    what: string,
    code: "vault_unavailable" | "keystore_unavailable" | "refused" | "vault_damaged",
    block: (box: VaultBox) => () => void,
    stored: boolean,
  ][] = [
    [
      "the vault can't be written",
      "vault_unavailable",
      (box) => folderAt(beside(box.home, "vault.json.new")),
      false,
    ],
    [
      "config.json can't be written",
      "vault_unavailable",
      (box) => folderAt(beside(box.home, "config.json.new")),
      true,
    ],
    ["config.json has become a link", "refused", ({ home }) => {
      Deno.renameSync(home.config, beside(home, "real.json"));
      Deno.symlinkSync("real.json", home.config);
      return () => Deno.renameSync(beside(home, "real.json"), home.config);
    }, true],
    ["the key is not there", "keystore_unavailable", ({ home }) => {
      Deno.renameSync(home.machineKey, home.machineKey + ".away");
      return () => Deno.renameSync(home.machineKey + ".away", home.machineKey);
    }, false],
    ["the lock is a link", "refused", ({ home }) => {
      Deno.removeSync(home.lock);
      Deno.symlinkSync("vault.json", home.lock);
      return () => Deno.removeSync(home.lock);
    }, false],
    ["the vault is damaged", "vault_damaged", (box) => {
      const bytes = box.bytes();
      box.write(bytes.slice(1));
      return () => box.write(bytes);
    }, false],
  ];
  for (const [what, code, block, stored] of rows) {
    await t.step(what, async () => {
      using box = boxWith(TWO);
      await box.put("client", "default", "agz_x");
      const mend = block(box);
      if (stored) {
        const { moved, different, left, stuck } = await migrate(box.vault(), box.home, acceptKey);
        assert.deepEqual([moved, different, left], [[], [], []]);
        assert.deepEqual([stuck?.names, stuck?.error.code], [["openai", "yi"], code]);
      } else await fails(code, () => migrate(box.vault(), box.home, acceptKey));
      assert.equal(Deno.readTextFileSync(box.home.config), TWO);
      mend();
      assert.equal(await box.open("api-key", "openai"), stored ? "sk-1" : undefined);
      const { moved, different, stuck } = await migrate(box.vault(), box.home, acceptKey);
      assert.deepEqual([moved, different, stuck], [["openai", "yi"], [], undefined]);
      assert.equal(Deno.readTextFileSync(box.home.config), NONE);
      assert.equal(await box.open("api-key", "openai"), "sk-1");
      assert.equal(await box.open("api-key", "yi"), "k-2");
      assert.deepEqual(namesIn(box.home.folder), ["config.json", "machine.key", "vault.json", "vault.lock"]);
    });
  }
});

Deno.test("migrate() finishes what a run that died after the store left", async () => {
  using box = boxWith(TWO);
  const openai = acceptKey("openai", "sk-1");
  assert.ok(typeof openai === "object");
  await adopt(box.vault(), [openai]);
  Deno.writeTextFileSync(beside(box.home, "config.json.new"), '{"half');
  const { moved, left } = await migrate(box.vault(), box.home, acceptKey);
  assert.deepEqual([moved, left], [["openai", "yi"], []]);
  assert.equal(Deno.readTextFileSync(box.home.config), NONE);
});

Deno.test("migrate() leaves a key whose entry is damaged, and takes the others", async () => {
  using box = boxWith(TWO);
  await box.put("api-key", "openai", "sk-1");
  box.tamper((entries) => entries.set("api-key:openai", 7));
  const { moved, different, left } = await migrate(box.vault(), box.home, acceptKey);
  assert.deepEqual([moved, different, left.length], [["yi"], [], 1]);
  assert.equal(Deno.readTextFileSync(box.home.config), '{"a":1.0,"providers":{"openai":{"apiKey":"sk-1"}}}');
});

/** Puts a folder that is not empty where a file would be written. */
function folderAt(path: string): () => void {
  Deno.mkdirSync(`${path}/full`, { recursive: true });
  return () => Deno.removeSync(path, { recursive: true });
}

function boxWith(config: string): VaultBox {
  const box = vaultBox();
  Deno.mkdirSync(box.home.folder, { mode: 0o700 });
  Deno.writeTextFileSync(box.home.config, config, { mode: 0o600 });
  return box;
}
