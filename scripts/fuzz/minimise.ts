import type { Input } from "./target.ts";

/** So many attempts are made. */
const ATTEMPTS = 2000;

/** Drops texts, and pieces of texts, while the input still fails. */
export async function minimise(input: Input, fails: (input: Input) => Promise<boolean>): Promise<Input> {
  let best = input;
  let left = ATTEMPTS;
  const attempt = async (candidate: Input) => {
    if (left-- <= 0 || !await fails(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let at = best.length - 1; at >= 0; at--) await attempt(best.toSpliced(at, 1));
  for (let at = 0; at < best.length; at++) {
    for (let size = best[at]!.length; size >= 1 && left > 0; size = Math.floor(size / 2)) {
      for (let from = 0; from < best[at]!.length && left > 0;) {
        const text = best[at]!;
        const dropped = best.with(at, text.slice(0, from) + text.slice(from + size));
        if (!await attempt(dropped)) from += size;
      }
    }
  }
  return best;
}
