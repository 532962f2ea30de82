import { AppError } from "../errors.ts";
import { type Acceptable, adopt } from "./adopt.ts";
import { editConfig, parseConfig, readConfig, withoutMember } from "./config.ts";
import type { Home } from "./home.ts";
import { findPlaintext, type Plaintext } from "./plaintext.ts";
import type { Vault } from "./vault.ts";

/** Says what a plaintext key is, or in words why it can't be taken. */
export type Accept = (id: string, key: string | undefined) => Acceptable | string;

/** What became of the plaintext keys. */
export interface Migration {
  /** The entries whose plaintext is gone from config.json, in the order in which they stood there. */
  readonly moved: readonly string[];
  /** The entries that the vault has with another value; their plaintext is still there. */
  readonly different: readonly string[];
  /** Why others are still there. */
  readonly left: readonly string[];
  /** The entries that the vault has now, and why their plaintext could not be taken out. */
  readonly stuck: { readonly names: readonly string[]; readonly error: AppError } | undefined;
}

interface Candidate extends Acceptable {
  /** As it stands in the file. */
  readonly key: string;
}

/**
 * Moves the plaintext keys of `config.json` into the vault: stores those that it does not have yet, reads each
 * back and compares, and only then takes the plaintext out. Whenever it is broken off, the next run goes on.
 *
 * @throws {AppError} when config.json can't be read, or the vault can't be opened; nothing is lost then
 */
export async function migrate(vault: Vault, home: Home, accept: Accept): Promise<Migration> {
  const candidates: Candidate[] = [];
  const left: string[] = [];
  for (const { id, key } of findPlaintext(readConfig(home))) {
    const taken = accept(id, key);
    if (typeof taken === "string") left.push(taken);
    else candidates.push({ ...taken, key: key! });
  }
  // Of repeated members the last one counts, as for most parsers.
  const adopted = await adopt(vault, candidates.toReversed());
  const [kept, different] = [adopted.kept.toReversed(), adopted.different.toReversed()];
  const names = namesOf(kept);
  const error = kept.length === 0 ? undefined : await removePlaintext(home, kept, accept);
  return {
    moved: error === undefined ? names : [],
    different: namesOf(different),
    left: [...left, ...adopted.problems],
    stuck: error && { names, error },
  };
}

/** Takes out what was stored, as far as it still stands there; gives the error if it can't. */
async function removePlaintext(
  home: Home,
  stored: readonly Candidate[],
  accept: Accept,
): Promise<AppError | undefined> {
  const isStored = ({ id, key }: Plaintext) => {
    const taken = accept(id, key);
    return typeof taken === "object" &&
      stored.some((one) => one.kind === taken.kind && one.name === taken.name && one.key === key);
  };
  try {
    await editConfig(home, (config) => {
      for (let rest = config;;) {
        const next = findPlaintext(rest).find(isStored);
        if (next === undefined) return rest.text;
        rest = parseConfig(withoutMember(rest, next.property), home.config);
      }
    });
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

function namesOf(all: readonly Acceptable[]): string[] {
  return [...new Set(all.map(({ name }) => name))];
}
