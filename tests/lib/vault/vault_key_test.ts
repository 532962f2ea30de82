import assert from "node:assert/strict";
import { Secret } from "../../../lib/secret.ts";
import { Vault } from "../../../lib/vault/vault.ts";
import { fakeKeyStores } from "../../support/fake_keystore.ts";
import { countingRandom, START_TIME } from "../../support/fake_system.ts";
import { exitOf, fails } from "../../support/failure.ts";
import { namesIn, type VaultBox, vaultBox } from "../../support/vault_box.ts";

/** What is not as it was when the vault was made, and how the error names it. */
interface Misfit {
  readonly what: string;
  readonly change: (box: VaultBox) => void;
  readonly named: readonly RegExp[];
}

const MISFITS: readonly Misfit[] = [
  {
    what: "another user id",
    change: (box) => box.identity.uid = 1001,
    named: [/made by another user \(id 1000, not id 1001\)/],
  },
  {
    what: "another user name",
    change: (box) => box.identity.user = "eve",
    named: [/made by another user \("ada", not "eve"\)/],
  },
  {
    what: "no passwd entry",
    change: (box) => box.identity.user = "",
    named: [/made by another user \("ada", not id 1000\)/],
  },
  {
    what: "another machine-id",
    change: (box) => box.identity.machineId = new Uint8Array(16).fill(8),
    named: [/made on another machine/],
  },
  {
    what: "no machine-id",
    change: (box) => box.identity.machineId = undefined,
    named: [/machine-id, which this one does not have/],
  },
  { what: "one byte of the key file", change: flipKeyByte, named: [/machine\.key is not the key file/] },
  {
    what: "user, machine and key file",
    change(box) {
      Object.assign(box.identity, { uid: 0, user: "root", machineId: undefined });
      flipKeyByte(box);
    },
    named: [/"ada", not "root"/, /machine-id/, /machine\.key/],
  },
];

Deno.test("Vault says what changed when the key does not fit, touches nothing, and heals", async (t) => {
  for (const { what, change, named } of MISFITS) {
    await t.step(what, async () => {
      using box = vaultBox();
      await box.put("api-key", "openai", "sk-test");
      const [before, keyFile] = [box.bytes(), Deno.readFileSync(box.home.machineKey)];
      const identity = { ...box.identity };
      change(box);
      const changedKey = Deno.readFileSync(box.home.machineKey);
      for (const work of attempts(box)) {
        const { message } = await fails("key_mismatch", work);
        for (const name of named) assert.match(message, name);
        assert.equal(message.split(" and ").length, named.length, message);
        assert.equal(await exitOf(work), 5);
      }
      assert.deepEqual(box.bytes(), before);
      assert.deepEqual(Deno.readFileSync(box.home.machineKey), changedKey);

      Object.assign(box.identity, identity);
      Deno.writeFileSync(box.home.machineKey, keyFile);
      assert.equal(await box.open("api-key", "openai"), "sk-test");
    });
  }
});

Deno.test("Vault makes no new key file in place of a lost one, and works when it is back", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "sk-test");
  const before = box.bytes();
  const away = box.home.machineKey + ".away";
  Deno.renameSync(box.home.machineKey, away);
  for (const work of attempts(box)) {
    const { message } = await fails("keystore_unavailable", work);
    assert.match(message, /machine\.key is missing/);
    assert.equal(await exitOf(work), 5);
  }
  assert.deepEqual(namesIn(box.home.folder), ["machine.key.away", "vault.json", "vault.lock"]);
  assert.deepEqual(box.bytes(), before);
  Deno.renameSync(away, box.home.machineKey);
  assert.equal(await box.open("api-key", "openai"), "sk-test");
});

Deno.test("Vault calls a changed key record damage when nothing else changed", async (t) => {
  for (const part of ["salt", "check"]) {
    await t.step(part, async () => {
      using box = vaultBox();
      await box.put("api-key", "openai", "sk-test");
      const root = JSON.parse(new TextDecoder().decode(box.bytes()));
      const zeros = new Uint8Array(32).toBase64();
      if (part === "salt") root.key.salt = zeros;
      else root.key.check.data = zeros;
      box.write(new TextEncoder().encode(JSON.stringify(root)));
      const { message, hint } = await fails("vault_damaged", () => box.open("api-key", "openai"));
      assert.match(message, /"key" was changed/);
      assert.match(hint!, /mv .*vault\.json /);
    });
  }
});

Deno.test("Vault gets the key once, and not before it needs it", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "sk-test");
  let opened = 0;
  const keys = box.keyStores(box.home);
  const counting = {
    ...keys,
    forRecord(record: Parameters<typeof keys.forRecord>[0]) {
      opened++;
      return keys.forRecord(record);
    },
  };
  const vault = new Vault(box.home, counting, { now: () => START_TIME, random: countingRandom() });
  vault.read().entries("api-key");
  assert.equal(await vault.open("api-key", "google"), undefined);
  assert.equal(opened, 0);
  await vault.open("api-key", "openai");
  await vault.change((draft) => draft.put("api-key", "google", new Secret("AIza-test")));
  await vault.open("api-key", "google");
  assert.equal(opened, 1);
});

Deno.test("Vault takes another key when the file is another vault", async () => {
  using box = vaultBox();
  using other = vaultBox();
  await box.put("api-key", "openai", "one");
  await other.put("api-key", "openai", "two");
  const vault = box.vault();
  assert.equal((await vault.open("api-key", "openai"))?.reveal(), "one");
  Deno.copyFileSync(other.home.machineKey, box.home.machineKey);
  Deno.renameSync(other.home.vault, box.home.vault);
  assert.equal((await vault.open("api-key", "openai"))?.reveal(), "two");
});

const STATES = ["absent", "locked", "declined", "denied", "unavailable", "corrupt"] as const;

Deno.test("Vault hands on why a backend has no key, and writes nothing", async (t) => {
  for (const state of STATES) {
    await t.step(state, async () => {
      using box = vaultBox();
      await box.put("api-key", "openai", "sk-test");
      const before = box.bytes();
      const keys = fakeKeyStores();
      keys.stores.machine.state = state;
      const vault = new Vault(box.home, keys, { now: () => START_TIME, random: countingRandom() });
      const put = () => vault.change((draft) => draft.put("api-key", "yi", new Secret("x")));
      for (const work of [() => vault.unlock(), () => vault.open("api-key", "openai"), put]) {
        const { message, hint } = await fails("keystore_unavailable", work);
        const lost = state === "absent" || state === "corrupt"
          ? `; if the key is lost: mv ${box.home.vault} ${box.home.vault}.lost, and store the keys again`
          : "";
        assert.deepEqual([message, hint], [`Cannot use machine: ${state}`, `mend machine${lost}`]);
      }
      assert.deepEqual(keys.log, ["open machine", "open machine", "open machine"]);
      assert.deepEqual(box.bytes(), before);
    });
  }
});

Deno.test("Vault does not advise to begin anew where a setting leads to another key", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "sk-test");
  const keys = box.keyStores(box.home);
  const other = {
    state: "found",
    key: new Uint8Array(32),
    changed: ["it is another"],
    mend: "name it",
  } as const;
  const misled = {
    ...keys,
    forRecord: (record: Parameters<typeof keys.forRecord>[0]) => ({
      ...keys.forRecord(record),
      open: () => Promise.resolve(other),
    }),
  };
  const vault = new Vault(box.home, misled, { now: () => START_TIME, random: countingRandom() });
  const { message, hint } = await fails("key_mismatch", () => vault.unlock());
  assert.deepEqual([message, hint], [`Cannot open ${box.home.vault}: it is another`, "name it"]);
});

Deno.test("Vault leaves no vault behind when the key of a new one can't be made", async () => {
  using box = vaultBox();
  const keys = fakeKeyStores();
  keys.stores.machine.before = (step) => {
    if (step === "create") throw new Error("no key");
  };
  const vault = new Vault(box.home, keys, { now: () => START_TIME, random: countingRandom() });
  await assert.rejects(vault.change((draft) => draft.put("api-key", "yi", new Secret("x"))), {
    message: "no key",
  });
  assert.deepEqual(namesIn(box.home.folder), ["vault.lock"]);
});

function attempts(box: VaultBox): (() => Promise<unknown>)[] {
  return [
    () => box.open("api-key", "openai"),
    () => box.vault().unlock(),
    () => box.put("api-key", "openai", "sk-other"),
    () => box.vault().change((draft) => draft.remove("api-key", "openai")),
  ];
}

function flipKeyByte({ home }: VaultBox): void {
  const bytes = Deno.readFileSync(home.machineKey);
  bytes[31]! ^= 1;
  Deno.writeFileSync(home.machineKey, bytes);
}
