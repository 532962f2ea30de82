import type { LoginFields, RefreshFailure } from "../vault/login.ts";

/** A token that was just renewed is not renewed again, whatever a wrong clock says. In milliseconds. */
const REST = 30_000;

/** The pause after a refresh that failed, which doubles with each one. In milliseconds. */
const FIRST_PAUSE = 5000;
const LONGEST_PAUSE = 5 * 60_000;

/** Whether a token has ended. Times are milliseconds since 1970 began. */
export function isOver({ expiresAt }: LoginFields, now: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now;
}

/** Whether a token ends so soon that it must be renewed before it is used. @param margin in milliseconds */
export function isDue({ expiresAt, refreshedAt }: LoginFields, margin: number, now: number): boolean {
  if (expiresAt === undefined || Date.parse(expiresAt) - margin > now) return false;
  const age = refreshedAt === undefined ? Infinity : now - Date.parse(refreshedAt);
  // A time in the future is of a clock that was put back.
  return age < 0 || age >= REST;
}

/** Whether a refresh may be tried although the last one failed. */
export function mayTry({ lastError }: LoginFields, now: number): boolean {
  if (lastError === undefined) return true;
  // A time in the future is of a clock that was put back.
  return !lastError.permanent && (now < Date.parse(lastError.at) || now >= nextTry(lastError));
}

/** When the next try is due after this failure, in milliseconds since 1970 began. */
export function nextTry({ at, count }: RefreshFailure): number {
  return Date.parse(at) + Math.min(FIRST_PAUSE * 2 ** (count - 1), LONGEST_PAUSE);
}
