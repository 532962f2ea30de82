import assert from "node:assert/strict";
import type { Home } from "../../../lib/vault/home.ts";
import { exitOf, fails } from "../../support/failure.ts";
import { testWith } from "../../support/needs.ts";
import { beside, namesIn, type VaultBox, vaultBox } from "../../support/vault_box.ts";

/** Turns a good `vault.json` into one that someone else could have put there, could read or could change. */
const UNSAFE: [what: string, make: (home: Home) => unknown, says: RegExp][] = [
  ["a link to the real one", (home) => {
    Deno.renameSync(home.vault, beside(home, "real.json"));
    Deno.symlinkSync("real.json", home.vault);
  }, /it is a link/],
  ["a dangling link", (home) => {
    Deno.removeSync(home.vault);
    Deno.symlinkSync(beside(home, "nowhere"), home.vault);
  }, /it is a link/],
  ["a hard link", (home) => Deno.linkSync(home.vault, beside(home, "second.json")), /second hard link/],
  ["a file of mode 0644", (home) => Deno.chmodSync(home.vault, 0o644), /others may open it/],
  ["a file of mode 0660", (home) => Deno.chmodSync(home.vault, 0o660), /others may open it/],
  ["a folder", (home) => {
    Deno.removeSync(home.vault);
    Deno.mkdirSync(home.vault);
  }, /it is not a file/],
  ["a pipe", (home) => {
    Deno.removeSync(home.vault);
    new Deno.Command("mkfifo", { args: ["-m", "600", home.vault] }).outputSync();
  }, /it is not a file/],
];

Deno.test("Vault refuses a vault.json that is not a private file, and changes nothing", async (t) => {
  for (const [what, make, says] of UNSAFE) {
    await t.step(what, async () => {
      using box = vaultBox();
      await box.put("api-key", "openai", "sk-test");
      make(box.home);
      await refusesAll(box, says);
    });
  }
});

testWith(["setpriv"], "Vault refuses a vault.json of another user", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "sk-test");
  Deno.chownSync(box.home.vault, 12345, null);
  await refusesAll(box, /it belongs to another user \(id 12345\)/, "set AGENTGAZER_HOME");
  Deno.chownSync(box.home.vault, Deno.uid(), null);
  assert.equal(await box.open("api-key", "openai"), "sk-test");
});

Deno.test("Vault refuses a machine.key that is not a private file", async (t) => {
  for (const [what, make, says] of UNSAFE) {
    await t.step(what, async () => {
      using box = vaultBox();
      await box.put("api-key", "openai", "sk-test");
      make({ ...box.home, vault: box.home.machineKey });
      const before = picture(box.home);
      assert.match((await fails("refused", () => box.open("api-key", "openai"))).message, says);
      await fails("refused", () => box.put("api-key", "openai", "x"));
      assert.deepEqual(picture(box.home), before);
    });
  }
});

Deno.test("Vault works again when the command of the hint was run", async (t) => {
  const mended = UNSAFE.filter(([what]) => /0644|0660|real one|hard link/.test(what));
  assert.equal(mended.length, 4);
  for (const [what, make] of mended) {
    await t.step(what, async () => {
      using box = vaultBox();
      await box.put("api-key", "openai", "sk-test");
      make(box.home);
      const { hint } = await fails("refused", () => box.open("api-key", "openai"));
      new Deno.Command("/bin/sh", { args: ["-c", hint!], cwd: "/" }).outputSync();
      assert.equal(await box.open("api-key", "openai"), "sk-test");
    });
  }
});

Deno.test("Vault.change() refuses a folder that others may write to", async (t) => {
  for (const mode of [0o720, 0o702, 0o777]) {
    await t.step(mode.toString(8), async () => {
      using box = vaultBox();
      await box.put("api-key", "openai", "sk-test");
      Deno.chmodSync(box.home.folder, mode);
      const before = picture(box.home);
      await fails("refused", () => box.put("api-key", "openai", "x"));
      assert.deepEqual(picture(box.home), before);
    });
  }
});

Deno.test("Vault.change() refuses a lock file that is a link", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "sk-test");
  Deno.removeSync(box.home.lock);
  Deno.symlinkSync("vault.json", box.home.lock);
  const before = picture(box.home);
  await fails("refused", () => box.put("api-key", "openai", "x"));
  assert.deepEqual(picture(box.home), before);
});

Deno.test("Vault.change() leaves the old file when the new one can't be written", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "sk-test");
  Deno.mkdirSync(beside(box.home, "vault.json.new/full"), { recursive: true });
  const before = picture(box.home);
  const change = () => box.put("api-key", "openai", "x");
  await fails("vault_unavailable", change);
  assert.equal(await exitOf(change), 5);
  assert.deepEqual(picture(box.home), before);
  assert.equal(await box.open("api-key", "openai"), "sk-test");
});

Deno.test("Vault.change() removes what a writer that died left", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "sk-test");
  Deno.writeTextFileSync(beside(box.home, "vault.json.new"), "{");
  await box.put("api-key", "google", "AIza-test");
  assert.deepEqual(namesIn(box.home.folder), ["machine.key", "vault.json", "vault.lock"]);
  assert.equal(await box.open("api-key", "openai"), "sk-test");
});

async function refusesAll(box: VaultBox, says: RegExp, mend = box.home.vault): Promise<void> {
  const before = picture(box.home);
  const works = [
    () => box.open("api-key", "openai"),
    () => box.put("api-key", "openai", "x"),
    () => box.vault().unlock(),
    () => box.vault().read(),
  ];
  for (const work of works) {
    const { message, hint } = await fails("refused", work);
    assert.match(message, says);
    assert.ok(hint!.includes(mend), hint!);
    assert.equal(await exitOf(work), 6);
  }
  assert.deepEqual(picture(box.home), before);
}

/** Everything in the folder: names, kinds, modes, identities and contents. */
function picture(home: Home): unknown[] {
  return namesIn(home.folder).map((name) => {
    const path = beside(home, name);
    const { ino, mode, nlink, uid, size, isFile } = Deno.lstatSync(path);
    return { name, ino, mode, nlink, uid, size, content: isFile && Deno.readTextFileSync(path) };
  });
}
