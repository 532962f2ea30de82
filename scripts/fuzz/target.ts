import type { Chance } from "./chance.ts";

/** What is tried: texts, of which the target says what each one is. Bytes are texts of Latin-1. */
export type Input = readonly string[];

/** What is fuzzed, and what must hold for every input. */
export interface Target<Subject> {
  readonly name: string;
  /** Pieces that mean something in its inputs. */
  readonly words: readonly string[];
  /** The code that is tried. A test may put a broken one in its place. */
  readonly subject: Subject;
  /** Makes an input from nothing. */
  generate(chance: Chance): Input;
  /**
   * Tries an input. Throws or rejects when something does not hold.
   *
   * @returns what became of it, in a few words: inputs with a new end are worth mutating further
   */
  check(input: Input, subject: Subject): string | Promise<string>;
}
