import assert from "node:assert/strict";
import { type Identity, machineBackend } from "../../backends/machine.ts";
import type { KeyRecord } from "../../lib/vault/keystore.ts";
import { fails } from "../support/failure.ts";
import { countingRandom } from "../support/fake_system.ts";
import { testWith } from "../support/needs.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary_folder.ts";
import { namesIn } from "../support/vault_box.ts";

const VAULT = "12345678-1234-4234-8234-123456789abc";

type Named = "AGENTGAZER_MACHINE_KEY_FILE" | "CREDENTIALS_DIRECTORY";

function backend(folder: TemporaryFolder, uid = 1000, named: Named = "AGENTGAZER_MACHINE_KEY_FILE") {
  const identity: Identity = {
    uid: () => uid,
    userName: () => `user ${uid}`,
    machineId: () => Promise.resolve(new Uint8Array(16).fill(uid % 251)),
  };
  return machineBackend({ path: folder.at("key"), named }, identity, countingRandom());
}

function writeKey(folder: TemporaryFolder, mode = 0o600, size = 32): void {
  Deno.writeFileSync(folder.at("key"), new Uint8Array(size).fill(5));
  Deno.chmodSync(folder.at("key"), mode);
}

async function keyOf(folder: TemporaryFolder, record: KeyRecord, uid?: number): Promise<string> {
  const result = await backend(folder, uid).open(VAULT, record);
  assert.ok(result.state === "found", result.state);
  assert.deepEqual(result.changed, []);
  return result.key.toHex();
}

Deno.test("machineBackend() leaves a named key file where it is", async () => {
  using folder = temporaryFolder();
  writeKey(folder);
  const { key, record } = await backend(folder).create(VAULT);
  const content = Deno.readFileSync(folder.at("key"));
  assert.deepEqual(await backend(folder).probe("explicit"), { state: "open" });
  assert.equal(await backend(folder).remove(VAULT), undefined);
  assert.deepEqual(Deno.readFileSync(folder.at("key")), content);
  assert.equal(await keyOf(folder, record), key.toHex());
});

Deno.test("machineBackend() binds to a named key file and to nothing else", async () => {
  using folder = temporaryFolder();
  writeKey(folder);
  const { key, record } = await backend(folder).create(VAULT);
  assert.deepEqual(record.bound, { uid: null, user: null, machine: null });
  assert.equal(await keyOf(folder, record, 1001), key.toHex());
});

Deno.test("machineBackend() finds its own key file under a name too, still bound to the user", async () => {
  using folder = temporaryFolder();
  const { key, record } = await unnamed(folder, "key").create(VAULT);
  assert.equal(await keyOf(folder, record), key.toHex());
  const elsewhere = await backend(folder, 1001).open(VAULT, record);
  assert.ok(elsewhere.state === "found");
  assert.equal(elsewhere.changed.length, 2);
});

const ACCEPTED: [what: string, prepare: (folder: TemporaryFolder) => void][] = [
  ["a private file", (folder) => writeKey(folder)],
  ["a file that all may read", (folder) => writeKey(folder, 0o444)],
  ["a longer file", (folder) => writeKey(folder, 0o600, 4096)],
  ["a link", (folder) => linkKey(folder)],
  ["a link to a link", (folder) => {
    linkKey(folder);
    Deno.renameSync(folder.at("key"), folder.at("..data"));
    Deno.symlinkSync("..data", folder.at("key"));
  }],
  ["a file with a second hard link", (folder) => {
    writeKey(folder);
    Deno.linkSync(folder.at("key"), folder.at("second"));
  }],
];

Deno.test("machineBackend() takes a named key file as containers mount it", async (t) => {
  for (const [what, prepare] of ACCEPTED) {
    await t.step(what, async () => {
      using folder = temporaryFolder();
      prepare(folder);
      const { key, record } = await backend(folder).create(VAULT);
      assert.equal(await keyOf(folder, record), key.toHex());
    });
  }
});

testWith(["setpriv"], "machineBackend() refuses a named key file of another user", async () => {
  using folder = temporaryFolder();
  writeKey(folder);
  Deno.chownSync(folder.at("key"), 12345, null);
  assert.match((await fails("refused", () => backend(folder).create(VAULT))).message, /another user/);
});

for (const mode of [0o620, 0o660, 0o602, 0o666]) {
  Deno.test(`machineBackend() refuses a named key file of mode ${mode.toString(8)}`, async () => {
    using folder = temporaryFolder();
    writeKey(folder);
    const { record } = await backend(folder).create(VAULT);
    Deno.chmodSync(folder.at("key"), mode);
    for (const work of [() => backend(folder).create(VAULT), () => backend(folder).open(VAULT, record)]) {
      const { message, hint } = await fails("refused", work);
      assert.match(message, /others may write to it/);
      assert.equal(hint, `chmod go-w ${folder.at("key")}`);
    }
  });
}

for (const size of [0, 31]) {
  Deno.test(`machineBackend() refuses a named key file of ${size} bytes`, async () => {
    using folder = temporaryFolder();
    writeKey(folder, 0o600, size);
    const { message } = await fails("keystore_unavailable", () => backend(folder).create(VAULT));
    assert.match(message, /shorter than 32 bytes/);
  });
}

const MISSING: [what: string, prepare: (folder: TemporaryFolder) => void][] = [
  ["no file", () => {}],
  ["a dangling link", (folder) => Deno.symlinkSync("nowhere", folder.at("key"))],
];

Deno.test("machineBackend() does not make a named key file", async (t) => {
  for (const [what, prepare] of MISSING) {
    await t.step(what, async () => {
      using folder = temporaryFolder();
      writeKey(folder);
      const { record } = await backend(folder).create(VAULT);
      Deno.removeSync(folder.at("key"));
      prepare(folder);
      const names = namesIn(folder.path);
      const { message, hint } = await fails("keystore_unavailable", () => backend(folder).create(VAULT));
      assert.match(message, /: there is no file \S+key, which AGENTGAZER_MACHINE_KEY_FILE names$/);
      assert.match(hint!, /head -c 32 \/dev\/urandom/);
      const opened = await backend(folder).open(VAULT, record);
      assert.ok(opened.state === "absent");
      assert.match(opened.reason, /: there is no file \S+key, which AGENTGAZER_MACHINE_KEY_FILE names$/);
      assert.match(opened.hint, /^correct AGENTGAZER_MACHINE_KEY_FILE/);
      assert.ok(opened.isMisnamed, "a typo is no reason to begin anew");
      assert.deepEqual(namesIn(folder.path), names);
    });
  }
});

Deno.test("machineBackend() says what names a key file that is missing, or is another one", async (t) => {
  const unit = "CREDENTIALS_DIRECTORY";
  await t.step("for a vault made with our own, the variable is too much", async () => {
    using folder = temporaryFolder();
    const { record } = await unnamed(folder, "machine.key").create(VAULT);
    const opened = await backend(folder).open(VAULT, record);
    assert.ok(opened.state === "absent" && opened.isMisnamed);
    assert.match(opened.hint, /^unset AGENTGAZER_MACHINE_KEY_FILE/);
  });
  await t.step("for a vault made with a named one, it is missing", async () => {
    using folder = temporaryFolder();
    writeKey(folder);
    const { record } = await backend(folder).create(VAULT);
    const opened = await unnamed(folder, "machine.key").open(VAULT, record);
    assert.ok(opened.state === "absent");
    assert.match(opened.reason, /which no variable names now$/);
  });
  await t.step("a unit's other file", async () => {
    using folder = temporaryFolder();
    const { record } = await unnamed(folder, "machine.key").create(VAULT);
    writeKey(folder);
    const opened = await backend(folder, 1000, unit).open(VAULT, record);
    assert.ok(opened.state === "found");
    const says = /key, which CREDENTIALS_DIRECTORY names, is not the key file that it was made with$/;
    assert.match(opened.changed.join(), says);
    assert.match(opened.mend!, /^name no file in the unit: .*LoadCredential=$/);
  });
  await t.step("another named file", async () => {
    using folder = temporaryFolder();
    const { record } = await unnamed(folder, "machine.key").create(VAULT);
    writeKey(folder);
    const opened = await backend(folder).open(VAULT, record);
    assert.ok(opened.state === "found");
    assert.match(opened.mend!, /^unset AGENTGAZER_MACHINE_KEY_FILE/);
  });
  await t.step("another named file, and another user", async () => {
    using folder = temporaryFolder();
    const { record } = await unnamed(folder, "machine.key").create(VAULT);
    writeKey(folder);
    const opened = await backend(folder, 1001).open(VAULT, record);
    assert.ok(opened.state === "found");
    assert.deepEqual([opened.changed.length, opened.mend], [3, undefined]);
  });
  await t.step("our own file, for a vault made with a named one", async () => {
    using folder = temporaryFolder();
    writeKey(folder);
    const { record } = await backend(folder).create(VAULT);
    await unnamed(folder, "machine.key").create(VAULT);
    const opened = await unnamed(folder, "machine.key").open(VAULT, record);
    assert.ok(opened.state === "found");
    assert.match(opened.mend!, /^set AGENTGAZER_MACHINE_KEY_FILE to it;/);
  });
  await t.step("a unit's link to nothing, before anything is asked for", async () => {
    using folder = temporaryFolder();
    Deno.symlinkSync(folder.at("nothing"), folder.at("key"));
    const probing = () => backend(folder, 1000, unit).probe("explicit");
    const { message, hint } = await fails("keystore_unavailable", probing);
    assert.match(message, /which CREDENTIALS_DIRECTORY names$/);
    assert.match(hint!, /LoadCredential=agentgazer\.key:<file>$/);
  });
});

Deno.test("machineBackend() names the missing key file's remedy as a command that works", async () => {
  using folder = temporaryFolder();
  const { hint } = await fails("keystore_unavailable", () => backend(folder).create(VAULT));
  const command = hint!.slice(hint!.indexOf("("));
  const env = { AGENTGAZER_MACHINE_KEY_FILE: folder.at("key") };
  new Deno.Command("/bin/sh", { args: ["-c", command], env }).outputSync();
  assert.equal((await backend(folder).create(VAULT)).key.length, 32);
});

function unnamed(folder: TemporaryFolder, name: string) {
  const identity: Identity = {
    uid: () => 1000,
    userName: () => "user 1000",
    machineId: () => Promise.resolve(new Uint8Array(16).fill(1000 % 251)),
  };
  return machineBackend({ path: folder.at(name), named: false }, identity, countingRandom());
}

function linkKey(folder: TemporaryFolder): void {
  writeKey(folder, 0o440);
  Deno.renameSync(folder.at("key"), folder.at("target"));
  Deno.symlinkSync("target", folder.at("key"));
}
