import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { KeyFile } from "../../backends/key_file.ts";
import { currentUserName, type Identity, machineBackend } from "../../backends/machine.ts";
import { derivedId } from "../../backends/machine_id.ts";
import type { KeyRecord, KeyResult } from "../../lib/vault/keystore.ts";
import { fails } from "../support/failure.ts";
import { countingRandom } from "../support/fake_system.ts";
import { namesIn } from "../support/vault_box.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary_folder.ts";

const VAULT = "12345678-1234-4234-8234-123456789abc";
const MACHINE = Uint8Array.fromHex("0123456789abcdef0123456789abcdef");

interface Who {
  readonly uid: number | null;
  readonly user: string;
  readonly machine: Uint8Array | undefined;
}

const ADA: Who = { uid: 1000, user: "ada", machine: MACHINE };

function identity({ uid, user, machine }: Who): Identity {
  return { uid: () => uid, userName: () => user, machineId: () => Promise.resolve(machine) };
}

function create(file: KeyFile, who = ADA) {
  return machineBackend(file, identity(who), countingRandom()).create(VAULT);
}

function open(file: KeyFile, record: KeyRecord, who = ADA): Promise<KeyResult> {
  return machineBackend(file, identity(who), countingRandom()).open(VAULT, record);
}

/** The key as text, and what changed. */
async function found(file: KeyFile, record: KeyRecord, who = ADA): Promise<[string, readonly string[]]> {
  const result = await open(file, record, who);
  assert.ok(result.state === "found", result.state);
  return [result.key.toHex(), result.changed];
}

function own(folder: TemporaryFolder): KeyFile {
  return { path: folder.at("machine.key"), named: false };
}

Deno.test("machineBackend() opens the key that it made", async () => {
  using folder = temporaryFolder();
  const { key, record } = await create(own(folder));
  assert.equal(key.length, 32);
  assert.equal(record.backend, "machine");
  assert.deepEqual(await found(own(folder), record), [key.toHex(), []]);
  assert.equal(Deno.statSync(folder.at("machine.key")).mode! & 0o777, 0o600);
  assert.equal(Deno.statSync(folder.at("machine.key")).size, 32);
});

Deno.test("machineBackend() keeps a key file that is there, and salts each vault anew", async () => {
  using folder = temporaryFolder();
  const random = countingRandom();
  const backend = machineBackend(own(folder), identity(ADA), random);
  const first = await backend.create(VAULT);
  const file = Deno.readFileSync(folder.at("machine.key"));
  const second = await backend.create(VAULT);
  assert.deepEqual(Deno.readFileSync(folder.at("machine.key")), file);
  assert.notEqual(first.record.salt, second.record.salt);
  assert.notEqual(first.key.toHex(), second.key.toHex());
});

const OTHERS: [what: string, who: Who, says: RegExp][] = [
  ["another user id", { ...ADA, uid: 1001 }, /another user \(id 1000, not id 1001\)/],
  ["no user id", { ...ADA, uid: null }, /another user \(id 1000, not id null\)/],
  ["another user name", { ...ADA, user: "eve" }, /another user \("ada", not "eve"\)/],
  ["no user name", { ...ADA, user: "" }, /another user \("ada", not id 1000\)/],
  ["another machine", { ...ADA, machine: new Uint8Array(16).fill(1) }, /another machine$/],
  ["a machine without an id", { ...ADA, machine: undefined }, /machine-id, which this one does not have/],
];

Deno.test("machineBackend() gives another key to whoever is someone or somewhere else", async (t) => {
  using folder = temporaryFolder();
  const { key, record } = await create(own(folder));
  for (const [what, who, says] of OTHERS) {
    await t.step(what, async () => {
      const [other, changed] = await found(own(folder), record, who);
      assert.notEqual(other, key.toHex());
      assert.equal(changed.length, 1);
      assert.match(changed[0]!, says);
    });
  }
  await t.step("with another key file", async () => {
    const file = Deno.readFileSync(folder.at("machine.key"));
    file[0]! ^= 0x80;
    Deno.writeFileSync(folder.at("machine.key"), file);
    const [other, changed] = await found(own(folder), record);
    assert.notEqual(other, key.toHex());
    assert.deepEqual(changed, [`${folder.at("machine.key")} is not the key file that it was made with`]);
  });
});

Deno.test("machineBackend() does not bind to a machine-id that was not there", async () => {
  using folder = temporaryFolder();
  const { key, record } = await create(own(folder), { ...ADA, machine: undefined });
  assert.equal((record.bound as { readonly machine: unknown }).machine, null);
  assert.deepEqual(await found(own(folder), record), [key.toHex(), []]);
  const [other] = await found(own(folder), record, { ...ADA, uid: 1001 });
  assert.notEqual(other, key.toHex());
});

Deno.test("machineBackend() never makes a second key file", async () => {
  using folder = temporaryFolder();
  const { record } = await create(own(folder));
  Deno.removeSync(folder.at("machine.key"));
  const result = await open(own(folder), record);
  assert.ok(result.state === "absent");
  assert.match(result.reason, /machine\.key is missing/);
  assert.deepEqual(namesIn(folder.path), []);
});

Deno.test("machineBackend() tells nothing in its record", async () => {
  using folder = temporaryFolder();
  const { key, record } = await create(own(folder));
  const file = Deno.readFileSync(folder.at("machine.key"));
  const text = JSON.stringify(record).toLowerCase();
  const confidential = [
    MACHINE.toHex(),
    MACHINE.toBase64(),
    derivedId(MACHINE, "key"),
    derivedId(MACHINE, "key").slice(0, 16),
    createHmac("sha256", MACHINE).digest("hex").slice(0, 16),
    file.toHex(),
    file.toBase64(),
    key.toHex(),
    key.toBase64(),
  ];
  for (const value of confidential) assert.ok(!text.includes(value.toLowerCase().slice(0, 16)), value);
  assert.deepEqual(Object.keys(record).sort(), ["backend", "bound", "keyFile", "salt"]);
});

const BROKEN: [what: string, change: { readonly [field: string]: unknown }][] = [
  ["no salt", { salt: undefined }],
  ["a salt that is a number", { salt: 1 }],
  ["nothing bound", { bound: undefined }],
  ["bound as null", { bound: null }],
  ["bound as a list", { bound: [] }],
  ["a user id as text", { bound: { uid: "1000", user: "ada", machine: null } }],
  ["no user", { bound: { uid: 1000, machine: null } }],
  ["a machine as a number", { bound: { uid: 1000, user: "ada", machine: 0 } }],
];

Deno.test("machineBackend() calls a record that it can't read corrupt", async (t) => {
  using folder = temporaryFolder();
  const { record } = await create(own(folder));
  for (const [what, change] of BROKEN) {
    await t.step(what, async () => {
      const result = await open(own(folder), { ...record, ...change } as KeyRecord);
      assert.equal(result.state, "corrupt");
    });
  }
});

Deno.test("machineBackend() is always there, and trying it leaves nothing behind", async () => {
  using folder = temporaryFolder();
  const backend = machineBackend(own(folder), identity(ADA), countingRandom());
  for (const wish of ["automatic", "explicit"] as const) {
    assert.deepEqual(await backend.probe(wish), { state: "open" });
  }
  assert.deepEqual(namesIn(folder.path), []);
});

Deno.test("machineBackend() removes the key file that it made, and a second time nothing", async () => {
  using folder = temporaryFolder();
  const { record } = await create(own(folder));
  Deno.writeTextFileSync(folder.at("other"), "stays");
  const backend = machineBackend(own(folder), identity(ADA), countingRandom());
  for (let i = 0; i < 2; i++) {
    assert.equal(await backend.remove(VAULT), undefined);
    assert.deepEqual(namesIn(folder.path), ["other"]);
  }
  assert.equal((await open(own(folder), record)).state, "absent");
});

Deno.test("machineBackend() tells why it can't remove the key file, as a backend does", async () => {
  using folder = temporaryFolder();
  Deno.mkdirSync(folder.at("machine.key", "not empty"), { recursive: true });
  const backend = machineBackend(own(folder), identity(ADA), countingRandom());
  assert.equal((await backend.remove(VAULT))?.state, "unavailable");
});

Deno.test("machineBackend() leaves the key file while a vault that was set aside may need it", async (t) => {
  const rows: [names: string[], isLeft: boolean][] = [
    [["vault.json.lost"], true],
    [["vault.json.damaged"], true],
    [["vault.json.1", "vault.json.2"], true],
    [["vault.json.new", "vault.json.old"], true],
    [["vault.json", "vault.json.new", "vault.lock", "config.json", "config.json.damaged"], false],
  ];
  for (const [names, isLeft] of rows) {
    await t.step(names.join(), async () => {
      using folder = temporaryFolder();
      const { key, record } = await create(own(folder));
      for (const name of names) Deno.writeTextFileSync(folder.at(name), "");
      const trouble = await machineBackend(own(folder), identity(ADA), countingRandom()).remove(VAULT);
      if (!isLeft) {
        assert.equal(trouble, undefined);
        assert.deepEqual(namesIn(folder.path), names.toSorted());
        return;
      }
      assert.equal(trouble?.state, "unavailable");
      assert.ok(trouble.reason.includes(folder.at("vault.json.")), trouble.reason);
      assert.ok(trouble.hint.endsWith(`rm ${folder.at("machine.key")}`), trouble.hint);
      assert.deepEqual(await found(own(folder), record), [key.toHex(), []]);
    });
  }
});

for (const size of [0, 1, 31]) {
  Deno.test(`machineBackend() refuses a key file of ${size} bytes and leaves it`, async () => {
    using folder = temporaryFolder();
    const { record } = await create(own(folder));
    Deno.writeFileSync(folder.at("machine.key"), new Uint8Array(size));
    for (const work of [() => create(own(folder)), () => open(own(folder), record)]) {
      assert.match((await fails("keystore_unavailable", work)).message, /shorter than 32 bytes/);
    }
    assert.equal(Deno.statSync(folder.at("machine.key")).size, size);
  });
}

Deno.test("currentUserName() does not believe the environment", async () => {
  const module = new URL("../../backends/machine.ts", import.meta.url).href;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "-q", `import { currentUserName } from "${module}"; console.log(currentUserName());`],
    env: { USER: "mallory", LOGNAME: "mallory", USERNAME: "mallory" },
  }).output();
  assert.equal(new TextDecoder().decode(stdout), currentUserName() + "\n");
});
