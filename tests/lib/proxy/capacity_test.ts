import assert from "node:assert/strict";
import { Capacity, MAX_CONNECTIONS } from "../../../lib/proxy/capacity.ts";
import { Refusal } from "../../../lib/proxy/refusal.ts";

/** What is left when so many connections are open, each with one to a provider, of a limit of descriptors. */
function limitedTo(limit: number): { capacity: Capacity; asked: number[]; open: number } {
  const asked: number[] = [];
  const box = { capacity: undefined as unknown as Capacity, asked, open: 0 };
  box.capacity = new Capacity({
    spareDescriptors(most) {
      asked.push(most);
      return Math.max(0, Math.min(most, limit - 25 - 2 * box.open));
    },
  });
  return box;
}

const LIMITS: [limit: number, least: number][] = [[0, 32], [100, 32], [256, 60], [1024, 400], [4096, 1200], [
  1_000_000,
  1200,
]];

for (const [limit, least] of LIMITS) {
  Deno.test(`Capacity of ${limit} descriptors serves ${least} connections, and fits`, () => {
    const box = limitedTo(limit);
    while (box.capacity.hasRoom(box.open)) box.open++;
    assert.ok(box.open >= least && box.open <= MAX_CONNECTIONS, String(box.open));
    if (limit >= 256) assert.ok(2 * box.open + 25 + 40 <= limit);
    assert.equal(box.asked.length, 1);
  });
}

Deno.test("Capacity counts nothing while there is little to do", () => {
  const { capacity, asked } = limitedTo(256);
  for (let open = 0; open < 32; open++) assert.ok(capacity.hasRoom(open));
  assert.deepEqual(asked, []);
});

Deno.test("Capacity leaves room for other clients, and for a client again when its requests have ended", () => {
  const { capacity } = limitedTo(256);
  capacity.hasRoom(32);
  const leaves: (() => void)[] = [];
  const refused = (name: string) => {
    try {
      leaves.push(capacity.enter(name));
      return undefined;
    } catch (error) {
      assert.ok(error instanceof Refusal);
      return error.code;
    }
  };
  while (refused("greedy") === undefined);
  const count = leaves.length;
  assert.ok(count >= 40 && !capacity.hasRoom(count + 60), String(count));
  assert.equal(refused("greedy"), "too_many_requests");
  assert.equal(refused("modest"), undefined);
  assert.equal(refused("__proto__"), undefined);
  leaves[0]!();
  assert.equal(refused("greedy"), undefined);
  assert.equal(refused("greedy"), "too_many_requests");
});
