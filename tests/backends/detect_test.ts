import assert from "node:assert/strict";
import { detectKeyStores } from "../../backends/detect.ts";
import { type BackendName, BACKENDS, type KeyRecord } from "../../lib/vault/keystore.ts";
import { exitOf, fails } from "../support/failure.ts";
import { fakeKeyStore } from "../support/fake_keystore.ts";

function record(backend: string): KeyRecord {
  return { backend } as KeyRecord;
}

const ALL = BACKENDS.map((backend) => fakeKeyStore(backend));
const MACHINE = [fakeKeyStore("machine")];

Deno.test("detectKeyStores() takes for an existing vault the backend that it records, and tries none", async (t) => {
  for (const backend of BACKENDS) {
    await t.step(backend, () => {
      const log: string[] = [];
      const all = BACKENDS.map((name) => fakeKeyStore(name, log));
      assert.equal(detectKeyStores(all, undefined).forRecord(record(backend)).backend, backend);
      assert.equal(detectKeyStores(all, backend).forRecord(record(backend)).backend, backend);
      assert.deepEqual(log, []);
    });
  }
});

const UNKNOWN = [
  "",
  "file",
  "Machine",
  " machine",
  "machine ",
  "machine\n",
  "keyring",
  "constructor",
  "sk-canary-0123456789",
];

Deno.test("detectKeyStores() refuses a value that names no keystore, and lists the three", async (t) => {
  for (const forced of UNKNOWN) {
    await t.step(JSON.stringify(forced), async () => {
      const { message, hint } = await fails("usage", () => detectKeyStores(ALL, forced));
      assert.match(message, /AGENTGAZER_SECRET_BACKEND/);
      assert.match(hint!, /keychain, libsecret, machine/);
      assert.ok(!`${message}${hint}`.includes("canary"));
    });
  }
});

Deno.test("detectKeyStores() refuses a forced backend that is not there, before anything is opened", async (t) => {
  for (const forced of ["keychain", "libsecret"]) {
    await t.step(forced, async () => {
      const work = () => detectKeyStores(MACHINE, forced);
      const { message, hint } = await fails("keystore_unavailable", work);
      assert.match(message, new RegExp(`"${forced}": this operating system does not have it`));
      assert.match(hint!, /\bmachine$/);
      assert.equal(await exitOf(work), 5);
    });
  }
});

Deno.test("detectKeyStores() never takes another backend than the vault records", async (t) => {
  for (const forced of BACKENDS) {
    for (const recorded of BACKENDS.filter((one) => one !== forced)) {
      await t.step(`when ${forced} is forced and ${recorded} is recorded`, async () => {
        const work = () => detectKeyStores(ALL, forced).forRecord(record(recorded));
        const { message, hint } = await fails("keystore_unavailable", work);
        assert.ok(message.includes(`"${forced}"`), message);
        assert.ok(message.includes(`this vault uses "${recorded}"`), message);
        assert.ok(hint!.startsWith(`agentgazer keystore move --to ${forced};`), hint!);
        assert.match(hint!, /unset AGENTGAZER_SECRET_BACKEND$/);
        assert.equal(await exitOf(work), 5);
      });
    }
  }
  for (const backend of ["keychain", "libsecret", "memory", "constructor"]) {
    await t.step(`when ${backend} is not there`, async () => {
      const work = () => detectKeyStores(MACHINE, undefined).forRecord(record(backend));
      const { message, hint } = await fails("keystore_unavailable", work);
      assert.ok(message.includes(`"${backend}"`), message);
      assert.match(hint!, /\bmachine$/);
    });
  }
});

Deno.test("detectKeyStores() gives a named backend whatever is forced, if it is there", async (t) => {
  for (const forced of [undefined, ...BACKENDS]) {
    for (const backend of BACKENDS) {
      await t.step(`${backend} with ${forced} forced`, () => {
        assert.equal(detectKeyStores(ALL, forced).named(backend).backend, backend);
      });
    }
  }
  await t.step("and none that is not", async () => {
    const { named } = detectKeyStores(MACHINE, "machine");
    await fails("keystore_unavailable", () => named("keychain"));
    await fails("keystore_unavailable", () => named("memory" as BackendName));
  });
});
