/** The end of the year 9999, in milliseconds since 1970 began: ISO times have four digits for the year. */
const LAST = Date.UTC(9999, 11, 31);

/**
 * When something ends, of a number that MiniMax writes in three ways: seconds from now, or seconds or milliseconds
 * since 1970 began. In milliseconds since then; `undefined` for anything else.
 */
export function endOf(expiredIn: unknown, now: number): number | undefined {
  const value = typeof expiredIn === "string" && /^\d{1,16}$/.test(expiredIn) ? Number(expiredIn) : expiredIn;
  if (typeof value !== "number" || !(value > 0)) return undefined;
  const end = value < 1e9 ? now + value * 1000 : value < 1e12 ? value * 1000 : value;
  return end <= LAST ? end : undefined;
}

/** A pause in milliseconds, of a number that is in seconds when it is small; at least two seconds, at most a minute. */
export function pauseOf(interval: unknown): number {
  const value = typeof interval === "string" && /^\d{1,9}$/.test(interval) ? Number(interval) : interval;
  const known = typeof value === "number" && value > 0 ? value : 2;
  return Math.min(Math.max(known >= 1000 ? known : known * 1000, 2000), 60_000);
}
