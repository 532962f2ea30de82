import type {
  BackendName,
  Choice,
  KeyRecord,
  KeyResult,
  KeyStore,
  KeyStores,
  ProbeResult,
  Trouble,
} from "../../lib/vault/keystore.ts";

/** What a backend is asked to do. */
export type Step = "probe" | "create" | "undo" | "open" | "remove";

/** How a fake keystore is, apart from its keys; `open` is as it should be. */
export type FakeState = "open" | "missing" | Trouble["state"];

/** A keystore in memory that a test may lock, break and look into. */
export interface FakeKeyStore extends KeyStore {
  /** The keys by the ids of their vaults, in hex. */
  readonly keys: Map<string, string>;
  /** What `probe`, `open` and `remove` come to. */
  state: FakeState;
  /** Called when a step begins; may throw, as a process does that ends there. */
  before: (step: Step) => unknown;
  /** Called when a step has been done; may throw likewise. */
  after: (step: Step) => unknown;
}

/** Several of them, with what was asked of them in order, such as `open machine`. */
export interface FakeKeyStores extends KeyStores {
  readonly log: string[];
  readonly stores: Readonly<Record<BackendName, FakeKeyStore>>;
  /** Where new vaults get their key. */
  best: BackendName;
}

/** The words of a fake keystore for a state. */
export function troubleFor(state: Trouble["state"], backend: BackendName): Trouble {
  return { state, reason: `Cannot use ${backend}: ${state}`, hint: `mend ${backend}` };
}

/** Makes the three backends, empty and open. */
export function fakeKeyStores(): FakeKeyStores {
  const log: string[] = [];
  const stores = {
    keychain: fakeKeyStore("keychain", log),
    libsecret: fakeKeyStore("libsecret", log),
    machine: fakeKeyStore("machine", log),
  };
  const all: FakeKeyStores = {
    log,
    stores,
    best: "machine",
    async forNewVault() {
      const store = stores[all.best];
      const probe = await store.probe("automatic");
      if (probe.state !== "open") throw new Error("the test asks for a keystore that is not open");
      return { store, chosen: "best" satisfies Choice };
    },
    async prospect() {
      const result = await stores[all.best].examine("automatic");
      if (result.state === "missing") throw new Error("the test asks for a keystore that is not there");
      return { backend: all.best, chosen: "best", trouble: result.state === "open" ? undefined : result };
    },
    forRecord: ({ backend }) => stores[backend],
    named: (backend) => stores[backend],
  };
  return all;
}

/** Makes one backend. @param log where its steps are written */
export function fakeKeyStore(backend: BackendName, log: string[] = []): FakeKeyStore {
  async function step<T>(name: Step, work: () => T): Promise<T> {
    log.push(`${name} ${backend}`);
    await store.before(name);
    const result = work();
    await store.after(name);
    return result;
  }

  function probe(): ProbeResult {
    const { state } = store;
    if (state === "open") return { state };
    if (state !== "missing") return troubleFor(state, backend);
    return { state, why: "no_bus", reason: `Cannot use ${backend}: missing`, hint: `get ${backend}` };
  }

  function open(vaultId: string, record: KeyRecord): KeyResult {
    const hex = store.keys.get(vaultId);
    if (store.state === "missing") return troubleFor("unavailable", backend);
    if (store.state !== "open") return troubleFor(store.state, backend);
    if (hex === undefined) return troubleFor("absent", backend);
    const changed = record.item === itemOf(hex) ? [] : [`the key in ${backend} is another one`];
    return { state: "found", key: Uint8Array.fromHex(hex), changed };
  }

  function remove(vaultId: string): Trouble | undefined {
    if (store.state !== "open") return troubleFor("unavailable", backend);
    store.keys.delete(vaultId);
    return undefined;
  }

  const store: FakeKeyStore = {
    backend,
    keys: new Map(),
    state: "open",
    before() {},
    after() {},
    examine: () => Promise.resolve(probe()),
    probe: () => step("probe", probe),
    create: (vaultId) =>
      step("create", () => {
        const key = crypto.getRandomValues(new Uint8Array(32));
        store.keys.set(vaultId, key.toHex());
        const undo = () => step("undo", () => remove(vaultId));
        return { key, record: { backend, item: itemOf(key.toHex()) }, undo };
      }),
    open: (vaultId, record) => step("open", () => open(vaultId, record)),
    remove: (vaultId) => step("remove", () => remove(vaultId)),
  };
  return store;
}

/** Tells two keys apart in a record. */
function itemOf(hex: string): string {
  return hex.slice(0, 8);
}
