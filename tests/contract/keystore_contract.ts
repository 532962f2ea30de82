import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { KeyRecord, KeyStore } from "../../lib/vault/keystore.ts";
import { type Need, testWith } from "../support/needs.ts";
import { testHostile } from "./keystore_hostile.ts";

/** Somewhere that keys are kept, for one test. */
export interface Place extends AsyncDisposable {
  /** The backend as a new process has it. It asks nobody. */
  store(): KeyStore;
  /** The names of all that is kept there, sorted. */
  kept(): Promise<readonly string[]>;
  /** Whether it keeps one key for all vaults, of which it makes others. */
  readonly shared?: true;
  lock?(): Promise<void>;
  unlock?(): Promise<void>;
  /** Puts a value in place of a vault's key, as another program would. */
  putForeign?(vaultId: string, value: string): Promise<void>;
}

/** Registers a check of a place that has a skill. */
export type Check = (
  what: string,
  work: (place: Place, t: Deno.TestContext) => Promise<void>,
  skill?: Skill,
) => void;

/** What only some places can do. */
export type Skill = "lock" | "putForeign";

/** The ids of two vaults. */
export const ID = "11111111-1111-4111-8111-111111111111";
export const OTHER = "22222222-2222-4222-8222-222222222222";

/** What every backend does, tried in places that `makePlace` makes, as far as they have the skill. */
export function testKeyStore(
  name: string,
  needs: readonly Need[],
  skills: readonly Skill[],
  makePlace: () => Promise<Place>,
): void {
  const check: Check = (what, work, skill) => {
    if (skill !== undefined && !skills.includes(skill)) return;
    testWith(needs, `${name}: ${what}`, async (t) => {
      await using place = await makePlace();
      await work(place, t);
    });
  };

  check("probe() finds it open, and leaves nothing behind", async (place) => {
    for (const wish of ["automatic", "explicit"] as const) {
      assert.deepEqual(await place.store().probe(wish), { state: "open" });
      assert.deepEqual(await place.kept(), []);
    }
    const { key, record } = await place.store().create(ID);
    const kept = await place.kept();
    await place.store().probe("automatic");
    assert.deepEqual(await place.kept(), kept);
    assert.equal(await keyOf(place, ID, record), key.toHex());
  });

  check("examine() finds it open, and leaves nothing behind", async (place) => {
    for (const wish of ["automatic", "explicit"] as const) {
      assert.deepEqual(await place.store().examine(wish), { state: "open" });
      assert.deepEqual(await place.kept(), []);
    }
  });

  check("create() is undone without a trace, and without another vault's key", async (place) => {
    const { key, record } = await place.store().create(OTHER);
    const kept = await place.kept();
    const { undo } = await place.store().create(ID);
    assert.equal(await undo?.(), undefined);
    assert.deepEqual(await place.kept(), kept);
    assert.equal(await keyOf(place, OTHER, record), key.toHex());
  });

  check("open() gives in a new process what create() made", async (place) => {
    const { key, record } = await place.store().create(ID);
    assert.equal(key.length, 32);
    assert.equal(record.backend, place.store().backend);
    assert.deepEqual(await place.store().open(ID, record), { state: "found", key, changed: [] });
    const written: KeyRecord = JSON.parse(JSON.stringify(record));
    assert.equal(await keyOf(place, ID, written), key.toHex());
  });

  check("create() never makes the same key twice", async (place) => {
    const made = new Set<string>();
    for (const id of [ID, OTHER, ID, OTHER]) made.add((await place.store().create(id)).key.toHex());
    assert.equal(made.size, 4);
  });

  check("create() for the same vault replaces its key", async (place) => {
    const first = await place.store().create(ID);
    const kept = await place.kept();
    const second = await place.store().create(ID);
    assert.deepEqual(await place.kept(), kept);
    assert.equal(await keyOf(place, ID, second.record), second.key.toHex());
    if (place.shared) return;
    const result = await place.store().open(ID, first.record);
    assert.ok(result.state === "found" && result.changed.length === 1);
    assert.notEqual(result.key.toHex(), first.key.toHex());
  });

  check("open() has a key of its own for each vault", async (place) => {
    const [one, other] = [await place.store().create(ID), await place.store().create(OTHER)];
    assert.equal(await keyOf(place, ID, one.record), one.key.toHex());
    assert.equal(await keyOf(place, OTHER, other.record), other.key.toHex());
    if (place.shared) return;
    assert.equal(await place.store().remove(ID), undefined);
    assert.equal(await keyOf(place, OTHER, other.record), other.key.toHex());
  });

  check("open() of a vault that is not there is absent, and makes nothing", async (place) => {
    await using another = await makePlace();
    const { record } = await another.store().create(ID);
    const result = await place.store().open(ID, record);
    assert.ok(result.state === "absent", result.state);
    assert.match(result.reason, /^Cannot /);
    assert.notEqual(result.hint, "");
    assert.deepEqual(await place.kept(), []);
    if (place.shared) return;
    await place.store().create(OTHER);
    for (const id of [ID, OTHER.slice(0, -1), OTHER.toUpperCase() + "x", "", "*"]) {
      assert.equal((await place.store().open(id, record)).state, "absent", id);
    }
  });

  check("remove() leaves nothing, and does it twice", async (place) => {
    assert.equal(await place.store().remove(ID), undefined);
    const { record } = await place.store().create(ID);
    for (let i = 0; i < 2; i++) {
      assert.equal(await place.store().remove(ID), undefined);
      assert.equal((await place.store().open(ID, record)).state, "absent");
      assert.deepEqual(await place.kept(), []);
    }
  });

  check("create() tells nothing of the key in the record", async (place) => {
    const { key, record } = await place.store().create(ID);
    const text = JSON.stringify(record);
    for (let at = 0; at + 6 <= key.length; at++) {
      const piece = Buffer.from(key.subarray(at, at + 6));
      for (const coded of [piece.toString("hex"), piece.toString("base64"), piece.toString("base64url")]) {
        assert.ok(!text.toLowerCase().includes(coded.toLowerCase()), coded);
      }
    }
    assert.ok(!text.includes("agz1"));
  });

  check("eight at once", async (place) => {
    const ids = Array.from({ length: 8 }, (_, i) => ID.slice(0, -1) + i);
    const made = await Promise.all(ids.map((id) => place.store().create(id)));
    const opened = await Promise.all(ids.map((id, i) => keyOf(place, id, made[i]!.record)));
    assert.deepEqual(opened, made.map(({ key }) => key.toHex()));
    const same = await Promise.all(ids.map(() => keyOf(place, ids[0]!, made[0]!.record)));
    assert.deepEqual(new Set(same), new Set([opened[0]]));
    if (place.shared) return;
    const rivals = await Promise.all(ids.map(() => place.store().create(OTHER)));
    const last = await keyOf(place, OTHER);
    assert.ok(rivals.some(({ key }) => key.toHex() === last), "a key that nobody was given");
  });

  testHostile(check);
}

/** The key in hex that a new process gets. */
export async function keyOf(
  place: Place,
  id: string,
  record: KeyRecord = { backend: place.store().backend },
): Promise<string> {
  const result = await place.store().open(id, record);
  assert.ok(result.state === "found", result.state === "found" ? "" : `${result.state}: ${result.reason}`);
  return result.key.toHex();
}
