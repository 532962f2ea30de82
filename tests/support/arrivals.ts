import assert from "node:assert/strict";
import type { Fault } from "./vendors/faults.ts";

/** Knows when requests arrived. */
export interface Arrivals {
  /** A fault that also notes the time. */
  noting(fault?: Fault): Fault;
  /** Fails unless at least so many seconds passed before each request but the first, and no other came. */
  assertPauses(seconds: readonly number[]): void;
}

/** Makes one for which nothing has arrived. */
export function makeArrivals(): Arrivals {
  const times: number[] = [];
  return {
    noting: (fault = (answer) => answer()) => (answer) => {
      times.push(performance.now());
      return fault(answer);
    },
    assertPauses(seconds) {
      assert.equal(times.length, seconds.length + 1);
      // Timers may be a little early.
      seconds.forEach((pause, i) => assert.ok(times[i + 1]! - times[i]! > pause * 1000 - 20, `${times}`));
    },
  };
}
