import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../../lib/errors.ts";
import { fails } from "../../support/failure.ts";
import { assertAsked, HOUR, ID, MINUTE, type RefreshBox, refreshBox } from "../../support/refresh_box.ts";
import { beside } from "../../support/vault_box.ts";

const PLANTED: [what: string, plant: (path: string, box: RefreshBox) => unknown][] = [
  ["a link to a file", (path, { home }) => {
    Deno.writeTextFileSync(beside(home, "victim"), "v", { mode: 0o600 });
    Deno.symlinkSync("victim", path);
  }],
  ["a link to the vault", (path) => Deno.symlinkSync("vault.json", path)],
  ["a link to the vault's lock", (path) => Deno.symlinkSync("vault.lock", path)],
  ["a link to nowhere", (path) => Deno.symlinkSync("nowhere", path)],
  ["a second name of a file", (path, { home }) => {
    Deno.writeTextFileSync(beside(home, "victim"), "v", { mode: 0o600 });
    Deno.linkSync(beside(home, "victim"), path);
  }],
  ["a folder", (path) => Deno.mkdirSync(path)],
  ["a file that others may open", (path) => {
    Deno.writeTextFileSync(path, "");
    Deno.chmodSync(path, 0o666);
  }],
];

Deno.test("Refresher refuses a lock that is not a private file, and asks nobody", async (t) => {
  for (const [what, plant] of PLANTED) {
    await t.step(what, async () => {
      using box = await refreshBox(-HOUR);
      const path = box.home.refreshLock(ID);
      Deno.removeSync(path);
      plant(path, box);
      const before = [identity(path), box.bytes()];
      const { ensure, replace } = box.process();
      assert.ok((await fails("refused", ensure)).message.includes(path));
      await fails("refused", () => replace("access-0"));
      assertAsked(box);
      assert.deepEqual([identity(path), box.bytes()], before);
    });
  }
});

Deno.test("Refresher goes on with a good token although its lock is refused, and tells why", async () => {
  using box = await refreshBox(MINUTE);
  const path = box.home.refreshLock(ID);
  Deno.removeSync(path);
  Deno.symlinkSync("nowhere", path);
  const { ensure, told } = box.process();
  await ensure();
  assert.deepEqual([told.length, told[0]!.includes(path)], [1, true]);
  assertAsked(box);
});

Deno.test("Refresher makes a private, empty lock file for each login, whatever the umask", async () => {
  using box = await refreshBox(-HOUR);
  Deno.removeSync(box.home.refreshLock(ID));
  const umask = Deno.umask(0);
  try {
    box.service.answers.push(box.renewed(1));
    await box.process().ensure();
  } finally {
    Deno.umask(umask);
  }
  const { mode, size } = Deno.lstatSync(beside(box.home, `refresh-${ID}.lock`));
  assert.deepEqual([mode! & 0o777, size], [0o600, 0]);
});

const BROKEN: [what: string, code: ErrorCode, breakIt: (box: RefreshBox) => unknown][] = [
  ["the file is no vault", "vault_damaged", ({ write }) => write(new Uint8Array([1, 2, 3]))],
  ["a clear field of the login was edited", "vault_damaged", ({ tamper }) =>
    tamper((entries) => {
      const id = `login:${ID}`;
      entries.set(id, { ...entries.get(id) as object, account: "eve@example.org" });
    })],
  [
    "the entry is a number",
    "vault_damaged",
    ({ tamper }) => tamper((entries) => entries.set(`login:${ID}`, 5)),
  ],
  ["the tokens are none", "vault_damaged", (box) => box.put("login", ID, "{}", clearOf(box))],
  ["the vault is a link", "refused", ({ home }) => {
    Deno.renameSync(home.vault, beside(home, "elsewhere.json"));
    Deno.symlinkSync("elsewhere.json", home.vault);
  }],
  ["another machine has the key", "key_mismatch", ({ identity }) => void (identity.user = "eve")],
  ["the key file is gone", "keystore_unavailable", ({ home }) => Deno.removeSync(home.machineKey)],
];

Deno.test("Refresher says what is wrong with the vault, and asks nobody, when …", async (t) => {
  for (const [what, code, breakIt] of BROKEN) {
    await t.step(what, async () => {
      using box = await refreshBox(-HOUR);
      const entry = box.entry();
      await breakIt(box);
      const before = box.bytes();
      const { refresher, replace } = box.process();
      await fails(code, () => refresher.ensure(ID, entry));
      await fails(code, () => replace("access-0"));
      assertAsked(box);
      assert.deepEqual(box.bytes(), before);
    });
  }
});

Deno.test("Refresher passes on why the key can't be had, and goes on once it can", async () => {
  using box = await refreshBox(-HOUR);
  const { ensure, replace, vault } = box.process();
  vault.trouble = new AppError("keystore_unavailable", "the keyring is locked", "unlock it");
  assert.equal(await fails("keystore_unavailable", ensure), vault.trouble);
  assert.equal(await fails("keystore_unavailable", () => replace("access-0")), vault.trouble);
  assertAsked(box);
  vault.trouble = undefined;
  box.service.answers.push(box.renewed(1));
  await ensure();
  assert.equal(await box.token(), "access-1");
});

/** The clear fields of the login, to be stored with another secret. */
function clearOf(box: RefreshBox): Record<string, string | true> {
  const { expiresAt } = box.fields();
  return { expiresAt: expiresAt!, renewable: true };
}

function identity(path: string): unknown[] {
  const { ino, mode, nlink, size, isSymlink } = Deno.lstatSync(path);
  return [ino, mode, nlink, size, isSymlink];
}
