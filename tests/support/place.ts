import type { System } from "../../lib/system.ts";
import { FakeClock } from "./fake_clock.ts";
import { type FakeOptions, type FakeSystem, fakeSystem } from "./fake_system.ts";

/** Where somebody waits for a minute. */
export interface Place {
  readonly fake: FakeSystem;
  readonly clock: FakeClock;
  readonly system: System;
  readonly until: number;
}

/** A terminal where nobody types more than this, and whose clock the test moves. */
export function makePlace(options: FakeOptions = {}, more: Partial<System["terminal"]> = {}): Place {
  const fake = fakeSystem({ staysOpen: true, isTerminal: true, ...options });
  const clock = new FakeClock();
  const terminal = { ...fake.terminal, ...more };
  return {
    fake,
    clock,
    system: { ...fake, terminal, now: clock.now, sleep: clock.sleep },
    until: clock.now() + 60_000,
  };
}
