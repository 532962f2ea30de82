import { AppError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { ClearFields, EntryKind } from "./envelope.ts";
import type { Vault } from "./vault.ts";

/** A credential from outside that the vault can take. */
export interface Acceptable {
  readonly kind: EntryKind;
  /** The name of its entry. */
  readonly name: string;
  readonly secret: Secret;
  /** What stands in the clear. */
  readonly fields?: ClearFields;
}

/** What became of them. */
export interface Adopted<T> {
  /** The vault has exactly these now. */
  readonly kept: readonly T[];
  /** The vault has another value for these, which was not touched. */
  readonly different: readonly T[];
  /** Messages about entries that can't be compared. */
  readonly problems: readonly string[];
}

/**
 * Stores the credentials of which the vault has none yet, then opens every one from the file and compares. What is
 * there already is never overwritten.
 *
 * @throws {AppError} when the vault can't be opened or written
 */
export async function adopt<T extends Acceptable>(vault: Vault, all: readonly T[]): Promise<Adopted<T>> {
  const result = { kept: [] as T[], different: [] as T[], problems: [] as string[] };
  if (all.length === 0) return result;
  await vault.change((draft) => {
    // The first of several wins: whoever lists them knows which counts most.
    for (const { kind, name, secret, fields } of all.toReversed()) {
      if (!draft.has(kind, name)) draft.put(kind, name, secret, fields);
    }
  });
  for (const one of all) {
    try {
      const stored = await vault.open(one.kind, one.name);
      (stored?.reveal() === one.secret.reveal() ? result.kept : result.different).push(one);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "vault_damaged") throw error;
      result.problems.push(error.message);
    }
  }
  return result;
}
