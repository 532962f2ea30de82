import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { messagesIn } from "../support/recipe.ts";
import { assertRefused, filesIn, makeYard, setKey, USER, withKey } from "../support/sandbox.ts";

const NEEDS = ["compile", "namespace", "openssl", "setpriv"] as const;

testWith(NEEDS, "a key file that can't be used is told, and nothing is written", async (t) => {
  await using yard = await makeYard();
  const key = crypto.getRandomValues(new Uint8Array(32));
  const good = await yard.file("good", key);
  const used = await yard.folder("used");
  assert.equal((await setKey(yard, withKey(used, good))).code, 0);
  const before = [await filesIn(used), await Deno.readFile(`${used}/vault.json`)];
  const at = (name: string) => `${yard.box.folder}/${name}`;
  await Deno.symlink("nowhere", at("dangling"));
  await Deno.symlink("circle", at("circle"));
  const rows: [name: string, path: string, code: number, message: string][] = [
    ["none", at("none"), 5, "AGENTGAZER_MACHINE_KEY_FILE names"],
    ["a link to nowhere", at("dangling"), 5, "AGENTGAZER_MACHINE_KEY_FILE names"],
    ["a link to itself", at("circle"), 5, at("circle")],
    ["a folder, as Docker makes one", await yard.folder("folder", 0, 0o755), 6, "it is not a file"],
    ["a device", "/dev/zero", 6, "it is not a file"],
    ["an empty one", await yard.file("empty", "", 0, 0o444), 5, "shorter than 32 bytes"],
    ["half of it", await yard.file("half", key.subarray(16), 0, 0o444), 5, "shorter than 32 bytes"],
    ["another user's", await yard.file("foreign", key, USER + 1, 0o444), 6, "belongs to another user"],
    ["open to the group", await yard.file("group", key, 0, 0o464), 6, "others may write to it"],
    ["open to all", await yard.file("all", key, USER, 0o666), 6, "others may write to it"],
    ["root's, for root only", await yard.file("closed", key, 0, 0o400), 5, "permission"],
    ["a relative path", "machine.key", 2, "the path is not absolute"],
  ];
  const unused = await yard.folder("unused");
  for (const [name, path, code, message] of rows) {
    await t.step(name, async () => {
      assertRefused(await setKey(yard, withKey(used, path)), code, message);
    });
  }
  await t.step("none, for a new vault", async () => {
    assertRefused(await setKey(yard, withKey(unused, at("none"))), 5, "AGENTGAZER_MACHINE_KEY_FILE names");
  });
  await t.step("another file", async () => {
    const other = await yard.file("other", crypto.getRandomValues(new Uint8Array(32)), 0, 0o444);
    assertRefused(await setKey(yard, withKey(used, other)), 5, "key file");
  });
  await t.step("no name of one any more", async () => {
    assertRefused(await setKey(yard, withKey(used, "")), 5, "key file");
  });
  assert.deepEqual([await filesIn(used), await Deno.readFile(`${used}/vault.json`)], before);
  assert.deepEqual((await filesIn(unused)).filter((name) => name !== "vault.lock"), []);
  const tested = [...rows.map((row) => row[3]), "key file"];
  assert.deepEqual(messagesIn("A key file of your own").filter((told) => !tested.includes(told)), []);
});
