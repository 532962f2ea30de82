import assert from "node:assert/strict";
import { Secret } from "../../lib/secret.ts";
import type { Entry } from "../../lib/vault/contents.ts";
import { type EntryKind, type Envelope, formatEnvelope, parseEnvelope } from "../../lib/vault/envelope.ts";
import { type Home, homeFrom } from "../../lib/vault/home.ts";
import { type BackendName, BACKENDS, type Json } from "../../lib/vault/keystore.ts";
import { isHeld } from "../../lib/vault/lock.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { type FakeKeyStores, fakeKeyStores, type Step } from "./fake_keystore.ts";
import { START_TIME } from "./fake_system.ts";
import { temporaryFolder } from "./temporary_folder.ts";

/** A vault folder of its own, with keystores that the test holds in its hands. */
export interface FakeVaultBox extends Disposable {
  readonly home: Home;
  readonly keys: FakeKeyStores;
  /** What the clock shows. */
  time: number;
  /** A vault that has read and opened nothing yet, as in a new process. */
  vault(): Vault;
  put(name: string, value: string): Promise<void>;
  /** Every entry with its value and what is in the clear, as a new process finds them. */
  all(): Promise<[entry: Entry, value: string | undefined][]>;
  /** `vault.json` as it is. */
  text(): string;
  envelope(): Envelope;
  /** The backends that keep any key. */
  keptBy(): BackendName[];
  /** Edits the entries and writes the file as the program would. */
  tamper(edit: (entries: Map<string, Json>) => void): void;
  /** Calls `work` with each step of each backend, before it is done. */
  watch(work: (step: `${Step} ${BackendName}`) => unknown): void;
  isLocked(): boolean;
}

/** What {@linkcode filledBox} stores. */
export const STORED: readonly (readonly [kind: EntryKind, name: string, value: string])[] = [
  ["api-key", "openai", "sk-one"],
  ["api-key", "__proto__", "sk-two"],
  ["login", "openai-oauth", '{"accessToken":"ü"}'],
  ["login", "empty", ""],
  ["client", "default", "agz_x"],
];

/** Makes a box without a vault in it. */
export function fakeVaultBox(): FakeVaultBox {
  const folder = temporaryFolder();
  const home = homeFrom((name) => name === "AGENTGAZER_HOME" ? folder.at("home") : undefined);
  const keys = fakeKeyStores();
  // Two boxes never have a vault with the same id.
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const box: FakeVaultBox = {
    home,
    keys,
    time: START_TIME,
    vault: () => new Vault(home, keys, { now: () => box.time, random }),
    put: (name, value) => box.vault().change((draft) => draft.put("api-key", name, new Secret(value))),
    async all() {
      const vault = box.vault();
      const entries = (["api-key", "login", "client"] as const).flatMap((kind) => {
        const { good, damaged } = vault.read().entries(kind);
        assert.deepEqual(damaged, []);
        return good;
      });
      return await Promise.all(entries.map(async (entry): Promise<[Entry, string | undefined]> => {
        return [entry, (await vault.open(entry.kind, entry.name))?.reveal()];
      }));
    },
    text: () => Deno.readTextFileSync(home.vault),
    envelope: () => parseEnvelope(Deno.readFileSync(home.vault), home.vault),
    keptBy: () => BACKENDS.filter((backend) => keys.stores[backend].keys.size > 0),
    tamper(edit) {
      const envelope = box.envelope();
      const entries = new Map(envelope.entries);
      edit(entries);
      Deno.writeFileSync(home.vault, formatEnvelope({ ...envelope, entries }));
    },
    watch(work) {
      for (const backend of BACKENDS) {
        keys.stores[backend].before = (step) => work(`${step} ${backend}`);
      }
    },
    isLocked: () => isHeld(home.lock),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
  return box;
}

/** Makes a box with a vault under the machine backend, of which nothing has been asked yet. */
export async function filledBox(): Promise<FakeVaultBox> {
  const box = fakeVaultBox();
  await box.vault().change((draft) => {
    for (const [kind, name, value] of STORED) draft.put(kind, name, new Secret(value), { note: name });
  });
  box.time += 60_000;
  await box.vault().change((draft) =>
    draft.put("api-key", "openai", new Secret("sk-one"), { note: "again" })
  );
  box.time += 60_000;
  box.keys.log.length = 0;
  return box;
}

/** Lets something happen at the first time that a step begins, and never again. */
export function once(step: `${Step} ${BackendName}`, work: () => unknown): (step: string) => unknown {
  let done = false;
  return (current) => {
    if (done || current !== step) return;
    done = true;
    return work();
  };
}
