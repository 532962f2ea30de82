import assert from "node:assert/strict";
import { detectKeyStores } from "../../backends/detect.ts";
import { exitOf, fails } from "../support/failure.ts";
import { type BackendName, BACKENDS, type KeyRecord, type KeyStore } from "../../lib/vault/keystore.ts";

function store(backend: BackendName): KeyStore {
  return {
    backend,
    create: () => Promise.reject(new Error("choosing must not make a key")),
    open: () => Promise.reject(new Error("choosing must not open a key")),
  };
}

function record(backend: string): KeyRecord {
  return { backend } as KeyRecord;
}

const ALL = BACKENDS.map(store);
const MACHINE = [store("machine")];

const CHOSEN: [what: string, available: KeyStore[], forced: string | undefined, name: BackendName][] = [
  ["the best that is there", ALL, undefined, "keychain"],
  ["the only one that is there", MACHINE, undefined, "machine"],
  ["the one that is forced", ALL, "machine", "machine"],
  ["the one in the middle", ALL, "libsecret", "libsecret"],
];

Deno.test("detectKeyStores() takes for a new vault", async (t) => {
  for (const [what, available, forced, name] of CHOSEN) {
    await t.step(what, () => {
      assert.equal(detectKeyStores(available, forced).forNewVault().backend, name);
    });
  }
});

Deno.test("detectKeyStores() takes for an existing vault the backend that it records", async (t) => {
  for (const backend of BACKENDS) {
    await t.step(backend, () => {
      assert.equal(detectKeyStores(ALL, undefined).forRecord(record(backend)).backend, backend);
      assert.equal(detectKeyStores(ALL, backend).forRecord(record(backend)).backend, backend);
    });
  }
});

const UNKNOWN = [
  "",
  "file",
  "Machine",
  " machine",
  "machine ",
  "keyring",
  "constructor",
  "sk-canary-0123456789",
];

Deno.test("detectKeyStores() refuses a value that names no backend, and lists the three", async (t) => {
  for (const forced of UNKNOWN) {
    await t.step(JSON.stringify(forced), async () => {
      const { message, hint } = await fails("usage", () => detectKeyStores(ALL, forced));
      assert.match(message, /AGENTGAZER_SECRET_BACKEND/);
      assert.match(hint!, /keychain, libsecret, machine/);
      assert.ok(!`${message}${hint}`.includes("canary"));
    });
  }
});

Deno.test("detectKeyStores() refuses a forced backend that is not there", async (t) => {
  for (const forced of ["keychain", "libsecret"]) {
    await t.step(forced, async () => {
      const work = () => detectKeyStores(MACHINE, forced);
      const { message, hint } = await fails("keystore_unavailable", work);
      assert.ok(message.includes(`"${forced}"`), message);
      assert.match(hint!, /unset AGENTGAZER_SECRET_BACKEND, or set it to machine$/);
      assert.equal(await exitOf(work), 5);
    });
  }
});

Deno.test("detectKeyStores() never takes another backend than the vault records", async (t) => {
  await t.step("when one is forced", async () => {
    const work = () => detectKeyStores(ALL, "machine").forRecord(record("keychain"));
    const { message, hint } = await fails("keystore_unavailable", work);
    assert.match(message, /"machine" .* this vault uses "keychain"/);
    assert.match(hint!, /unset AGENTGAZER_SECRET_BACKEND/);
  });
  for (const backend of ["keychain", "libsecret", "memory"]) {
    await t.step(`when ${backend} is not there`, async () => {
      const work = () => detectKeyStores(MACHINE, undefined).forRecord(record(backend));
      const { message, hint } = await fails("keystore_unavailable", work);
      assert.ok(message.includes(`"${backend}"`), message);
      assert.match(hint!, /install the version that made this vault/);
    });
  }
});
