import { AppError } from "../errors.ts";

const MINUTE = 60_000;

const UNITS: Readonly<Record<string, number>> = {
  m: MINUTE,
  h: 60 * MINUTE,
  d: 24 * 60 * MINUTE,
  w: 7 * 24 * 60 * MINUTE,
};

/** Ten years: a longer time is a slip. */
const LONGEST = 3650 * UNITS.d!;

/**
 * Takes a lifetime such as `30d`, `12h`, `15m` or `2w`.
 *
 * @returns milliseconds
 * @throws {AppError} `usage`
 */
export function parseLifetime(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const lifetime = Number(count) * (UNITS[unit ?? ""] ?? NaN);
  if (lifetime > 0 && lifetime <= LONGEST) return lifetime;
  throw new AppError(
    "usage",
    "Cannot use the value of --expires",
    "give a number and a unit, such as 15m, 12h, 30d or 2w, up to ten years",
  );
}
