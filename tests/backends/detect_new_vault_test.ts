import assert from "node:assert/strict";
import { detectKeyStores } from "../../backends/detect.ts";
import {
  type BackendName,
  BACKENDS,
  type Choice,
  type KeyStore,
  type Wish,
} from "../../lib/vault/keystore.ts";
import { exitOf, fails } from "../support/failure.ts";
import { fakeKeyStore, type FakeState, troubleFor } from "../support/fake_keystore.ts";

/** The states of keychain, libsecret and machine. */
type States = readonly [FakeState, FakeState, FakeState];

interface Choosing {
  readonly stores: readonly KeyStore[];
  /** What was asked of them, in order. */
  readonly log: string[];
}

function backends(states: States, whys: Partial<Record<BackendName, Choice>> = {}): Choosing {
  const log: string[] = [];
  const stores = BACKENDS.map((backend, i) => {
    const fake = fakeKeyStore(backend);
    fake.state = states[i]!;
    const probe = async (wish: Wish) => {
      log.push(`${backend} ${wish}`);
      const result = await fake.probe(wish);
      return result.state === "missing" ? { ...result, why: whys[backend] ?? result.why } : result;
    };
    const never = () => assert.fail("choosing makes, opens and removes no key");
    return { backend, examine: probe, probe, create: never, open: never, remove: never };
  });
  return { stores, log };
}

const WHYS = { keychain: "no_gui_session", libsecret: "no_collection" } as const;

const BEST: [states: States, backend: BackendName, chosen: Choice, probed: number][] = [
  [["open", "open", "open"], "keychain", "best", 1],
  [["open", "locked", "open"], "keychain", "best", 1],
  [["missing", "open", "open"], "libsecret", "no_gui_session", 2],
  [["missing", "missing", "open"], "machine", "no_gui_session", 3],
];

Deno.test("detectKeyStores() takes for a new vault the first that is there, and says why", async (t) => {
  for (const [states, backend, chosen, probed] of BEST) {
    await t.step(states.join(", "), async () => {
      const { stores, log } = backends(states, WHYS);
      const choice = await detectKeyStores(stores, undefined).forNewVault();
      assert.deepEqual([choice.store.backend, choice.chosen], [backend, chosen]);
      assert.deepEqual(log, BACKENDS.slice(0, probed).map((one) => `${one} automatic`));
    });
  }
});

const TROUBLES = ["absent", "locked", "declined", "denied", "unavailable", "corrupt"] as const;

Deno.test("detectKeyStores() never passes over a keystore that is there but in trouble", async (t) => {
  for (const state of TROUBLES) {
    const rows: [states: States, backend: BackendName, probed: number][] = [
      [[state, "open", "open"], "keychain", 1],
      [["missing", state, "open"], "libsecret", 2],
      [["missing", "missing", state], "machine", 3],
    ];
    for (const [states, backend, probed] of rows) {
      await t.step(states.join(", "), async () => {
        const { stores, log } = backends(states);
        const work = () => detectKeyStores(stores, undefined).forNewVault();
        const { message, hint } = await fails("keystore_unavailable", work);
        const trouble = troubleFor(state, backend);
        assert.equal(message, trouble.reason);
        assert.ok(hint!.startsWith(trouble.hint), hint!);
        assert.match(hint!, /AGENTGAZER_SECRET_BACKEND=machine/);
        assert.equal(log.length, probed);
        assert.equal(await exitOf(work), 5);
      });
    }
  }
});

Deno.test("detectKeyStores() honours a forced backend and tries no other", async (t) => {
  for (const [i, backend] of BACKENDS.entries()) {
    await t.step(backend, async () => {
      const states = BACKENDS.map((_, at) => at === i ? "open" : "locked") as unknown as States;
      const { stores, log } = backends(states);
      const choice = await detectKeyStores(stores, backend).forNewVault();
      assert.deepEqual([choice.store.backend, choice.chosen], [backend, "forced"]);
      assert.deepEqual(log, [`${backend} explicit`]);
    });
  }
});

Deno.test("detectKeyStores() refuses a forced backend with the reason, and takes no other", async (t) => {
  for (const state of ["missing", ...TROUBLES] as const) {
    for (const [i, backend] of BACKENDS.entries()) {
      await t.step(`${backend} ${state}`, async () => {
        const states = BACKENDS.map((_, at) => at === i ? state : "open") as unknown as States;
        const { stores, log } = backends(states);
        const work = () => detectKeyStores(stores, backend).forNewVault();
        const { message, hint } = await fails("keystore_unavailable", work);
        assert.equal(message, `Cannot use ${backend}: ${state}`);
        assert.match(hint!, /^(get|mend) \w+; or unset AGENTGAZER_SECRET_BACKEND$/);
        assert.deepEqual(log, [`${backend} explicit`]);
      });
    }
  }
});

Deno.test("detectKeyStores() tells, when the key is made, that it falls back to a file", async (t) => {
  const rows: [states: States, forced: BackendName | undefined, told: boolean][] = [
    [["open", "open", "open"], undefined, false],
    [["missing", "open", "open"], undefined, false],
    [["missing", "missing", "open"], undefined, true],
    [["missing", "missing", "open"], "machine", false],
    [["locked", "missing", "open"], undefined, false],
    [["missing", "missing", "locked"], undefined, false],
  ];
  for (const [states, forced, told] of rows) {
    await t.step(`${states.join(", ")}; ${forced}`, async () => {
      let [said, fails] = [0, true];
      const { stores } = backends(states, WHYS);
      const made = { key: new Uint8Array(32), record: { backend: "machine" } } as const;
      const create = () => fails ? Promise.reject(new Error("no key")) : Promise.resolve(made);
      const detected = detectKeyStores(stores.map((store) => ({ ...store, create })), forced, () => said++);
      await detected.prospect();
      assert.equal(said, 0);
      const choice = await detected.forNewVault().catch(() => undefined);
      await choice?.store.create("id").catch(() => {});
      assert.equal(said, 0, "it is told before there is a key");
      fails = false;
      await choice?.store.create("id");
      assert.equal(said, told ? 1 : 0);
    });
  }
});

Deno.test("detectKeyStores() foresees what a new vault gets, and what speaks against it, trying nothing", async (t) => {
  for (
    const states of [...BEST.map(([one]) => one), ...TROUBLES.map((one): States => [one, "open", "open"])]
  ) {
    for (const forced of [undefined, ...BACKENDS]) {
      await t.step(`${states.join(", ")}; ${forced}`, async () => {
        const { stores, log } = backends(states, WHYS);
        const examining = stores.map((store) => ({ ...store, probe: () => assert.fail("it is tried") }));
        const { backend, chosen, trouble } = await detectKeyStores(examining, forced).prospect();
        const asked = [...log];
        log.length = 0;
        const get = () => detectKeyStores(stores, forced).forNewVault();
        if (trouble === undefined) {
          const choice = await get();
          assert.deepEqual([choice.store.backend, choice.chosen], [backend, chosen]);
        } else {
          const { message, hint } = await fails("keystore_unavailable", get);
          assert.equal(message, trouble.reason);
          assert.ok(hint!.startsWith(trouble.hint), hint!);
          const state = states[BACKENDS.indexOf(backend)]!;
          assert.equal(trouble.state, state === "missing" ? "unavailable" : state);
        }
        assert.deepEqual(asked, log);
      });
    }
  }
});
