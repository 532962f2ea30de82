import { setImmediate } from "node:timers";
import { Chance } from "./chance.ts";
import { mutate } from "./mutate.ts";
import type { Input, Target } from "./target.ts";

/** The most inputs that are kept in mind because they came to a new end. */
const MAX_POOL = 5000;

/** An input with which something does not hold. */
export interface Find {
  readonly input: Input;
  readonly error: unknown;
}

/** How a run goes on, and is followed. */
export interface RunOptions {
  readonly seed: number;
  readonly kept: readonly Input[];
  readonly goesOn: () => boolean;
  /** Is told each input before it is tried. */
  readonly onInput: (input: Input) => void;
}

/** Tries a target with new inputs until something does not hold. The seed decides over all of them. */
export async function run<Subject>(
  target: Target<Subject>,
  { seed, kept, goesOn, onInput }: RunOptions,
): Promise<Find | undefined> {
  const chance = new Chance(seed);
  const pool = [...kept, target.generate(chance)];
  const ends = new Set<string>();
  while (goesOn()) {
    const input = chance.once(4)
      ? target.generate(chance)
      : mutate(chance.pick(pool), chance, target.words, pool);
    onInput(input);
    try {
      const end = await tried(target, input, target.subject);
      if (!ends.has(end) && pool.length < MAX_POOL) pool.push(input);
      ends.add(end);
    } catch (error) {
      return { input, error };
    }
  }
  return undefined;
}

/**
 * Checks an input, and waits for what it left behind: a promise that rejects with nobody looking is a fault too.
 *
 * @returns what became of it
 */
export async function tried<Subject>(
  target: Target<Subject>,
  input: Input,
  subject: Subject,
): Promise<string> {
  const rejections: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    rejections.push(event.reason);
  };
  addEventListener("unhandledrejection", note);
  try {
    const end = await target.check(input, subject);
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (rejections.length > 0) throw rejections[0];
    return end;
  } finally {
    removeEventListener("unhandledrejection", note);
  }
}
