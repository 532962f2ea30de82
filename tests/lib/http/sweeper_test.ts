import assert from "node:assert/strict";
import { type Expiring, SWEEP_TIME, Sweeper } from "../../../lib/http/sweeper.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";

/** Something that notes when it is expired, and may remove itself. */
function makeItem(clock: FakeClock, sweeper: Sweeper, after: number, removesItself = true) {
  const begun = clock.now();
  const item = {
    deadline: begun + after,
    expired: [] as number[],
    expire() {
      item.expired.push(clock.now() - begun);
      if (removesItself) sweeper.remove(item);
    },
  };
  return item satisfies Expiring;
}

const DEADLINES: [after: number, expired: number[]][] = [
  [-5, [SWEEP_TIME]],
  [0, [SWEEP_TIME]],
  [1, [SWEEP_TIME]],
  [SWEEP_TIME - 1, [SWEEP_TIME]],
  [SWEEP_TIME, [SWEEP_TIME]],
  [SWEEP_TIME + 1, [2 * SWEEP_TIME]],
  [3 * SWEEP_TIME, [3 * SWEEP_TIME]],
  [Infinity, []],
];

Deno.test("Sweeper ends what is over at its next look, never before", async (t) => {
  for (const [after, expired] of DEADLINES) {
    await t.step(`${after} ms`, async () => {
      const clock = new FakeClock();
      const sweeper = new Sweeper(clock);
      const item = makeItem(clock, sweeper, after);
      sweeper.add(item);
      await clock.advance(10 * SWEEP_TIME);
      assert.deepEqual(item.expired, expired);
    });
  }
});

Deno.test("Sweeper looks at the deadline that holds then", async (t) => {
  for (const [from, to, count] of [[1, Infinity, 0], [Infinity, 1, 1]] as const) {
    await t.step(`${from} becomes ${to}`, async () => {
      const clock = new FakeClock();
      const sweeper = new Sweeper(clock);
      const item = makeItem(clock, sweeper, from);
      sweeper.add(item);
      item.deadline = clock.now() + to;
      await clock.advance(5 * SWEEP_TIME);
      assert.equal(item.expired.length, count);
    });
  }
});

Deno.test("Sweeper leaves alone what was removed, also by another that expired before it", async () => {
  const clock = new FakeClock();
  const sweeper = new Sweeper(clock);
  const removed = makeItem(clock, sweeper, 1);
  const first = makeItem(clock, sweeper, 1);
  const later = makeItem(clock, sweeper, 1);
  sweeper.add(removed);
  sweeper.add({ deadline: first.deadline, expire: () => sweeper.remove(later) });
  sweeper.add(first);
  sweeper.add(later);
  sweeper.remove(removed);
  await clock.advance(SWEEP_TIME);
  assert.deepEqual([removed, first, later].map(({ expired }) => expired.length), [0, 1, 0]);
});

Deno.test("Sweeper ends at every look what stays", async () => {
  const clock = new FakeClock();
  const sweeper = new Sweeper(clock);
  const item = makeItem(clock, sweeper, 1, false);
  sweeper.add(item);
  await clock.advance(3 * SWEEP_TIME);
  assert.equal(item.expired.length, 3);
});

Deno.test("Sweeper sleeps once for any number of things, and not at all for none", async () => {
  const clock = new FakeClock();
  const sweeper = new Sweeper(clock);
  assert.equal(clock.sleeping, 0);
  const items = Array.from({ length: 100 }, () => makeItem(clock, sweeper, 1));
  for (const item of items) sweeper.add(item);
  assert.equal(clock.sleeping, 1);
  await clock.advance(SWEEP_TIME);
  assert.equal(clock.sleeping, 0);
  assert.ok(items.every(({ expired }) => expired.length === 1));
  const another = makeItem(clock, sweeper, 1);
  sweeper.add(another);
  assert.equal(clock.sleeping, 1);
  sweeper.remove(another);
  sweeper.add(another);
  assert.equal(clock.sleeping, 1);
  await clock.advance(SWEEP_TIME);
  assert.deepEqual([another.expired.length, clock.sleeping], [1, 0]);
});

Deno.test("Sweeper has the time of its last look, and the right one once something is there", async () => {
  const clock = new FakeClock();
  const sweeper = new Sweeper(clock);
  await clock.advance(3_600_000);
  const item = makeItem(clock, sweeper, Infinity);
  sweeper.add(item);
  assert.equal(sweeper.now, clock.now());
  await clock.advance(2.5 * SWEEP_TIME);
  assert.equal(sweeper.now, clock.now() - SWEEP_TIME / 2);
  await settle();
});
