import assert from "node:assert/strict";
import { Capacity, MAX_CONNECTIONS } from "../../../lib/proxy/capacity.ts";
import { Refusal } from "../../../lib/proxy/refusal.ts";

/** What is left when so many connections are open, each with one to a provider, of a limit of descriptors. */
function limitedTo(limit: number) {
  const state = { open: 0, asked: 0 };
  const capacity = new Capacity({
    spareDescriptors(most) {
      state.asked++;
      return Math.max(0, Math.min(most, limit - 25 - 2 * state.open));
    },
  });
  return { capacity, state };
}

const LIMITS: [limit: number, least: number][] = [[0, 32], [100, 32], [256, 60], [1024, 400], [4096, 1200], [
  1_000_000,
  1200,
]];

for (const [limit, least] of LIMITS) {
  Deno.test(`Capacity of ${limit} descriptors serves ${least} connections, and fits`, () => {
    const { capacity, state } = limitedTo(limit);
    while (capacity.hasRoom(state.open)) state.open++;
    assert.ok(state.open >= least && state.open <= MAX_CONNECTIONS, String(state.open));
    if (limit >= 256) assert.ok(2 * state.open + 25 + 40 <= limit);
    assert.equal(state.asked, 1);
  });
}

Deno.test("Capacity counts nothing while there is little to do", () => {
  const { capacity, state } = limitedTo(256);
  for (let open = 0; open < 32; open++) assert.ok(capacity.hasRoom(open));
  assert.equal(state.asked, 0);
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
