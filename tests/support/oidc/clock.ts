import { AsyncLocalStorage } from "node:async_hooks";

/** A clock of which only some code knows. */
export interface Clock {
  /** By how many seconds it is ahead. */
  skew: number;
}

const current = new AsyncLocalStorage<Clock>();
const now = Date.now;
// oidc-provider has no clock to be given. Outside of `onClock` the time stays what it is.
Date.now = () => now() + (current.getStore()?.skew ?? 0) * 1000;

/** Runs something, and all that it starts, with `Date.now()` of that clock. */
export function onClock<Result>(clock: Clock, run: () => Result): Result {
  return current.run(clock, run);
}
