import { AppError } from "../errors.ts";
import { stampOf } from "../vault/file.ts";
import type { Home } from "../vault/home.ts";
import { quote } from "../vault/guard.ts";
import { migrate, type Migration } from "../vault/migrate.ts";
import type { Vault } from "../vault/vault.ts";
import { acceptKey } from "./accept.ts";
import type { Note } from "./render.ts";

/**
 * Moves the plaintext keys that old versions left in config.json into the vault, and says so. A failure does not
 * stop the command: the plaintext then stays where it is.
 *
 * @returns why nothing could be moved, if that is so
 */
export async function migratePlaintext(vault: Vault, home: Home, note: Note): Promise<AppError | undefined> {
  // Usually there is no such file. What is wrong with its folder is told by the command itself.
  if (["absent", "unreadable"].includes(stampOf(home.config))) return undefined;
  try {
    await tell(await migrate(vault, home, acceptKey), home, note);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

/** What is told of a migration that failed. */
export function failureNote({ message, hint }: AppError): [message: string, hint?: string] {
  const text = `plaintext keys in config.json, if there are any, stay there: ${message}`;
  return hint === undefined ? [text] : [text, hint];
}

async function tell(
  { moved, different, left, stuck }: Migration,
  { config }: Home,
  note: Note,
): Promise<void> {
  if (moved.length > 0) {
    await note(
      `moved ${count(moved.length, "plaintext key")} from config.json into the vault (${
        moved.join(", ")
      }); ` +
        "backups of config.json may still hold them",
    );
  }
  if (stuck !== undefined) {
    await note(
      `the vault has ${
        stuck.names.join(", ")
      } now, but the plaintext stays in config.json: ${stuck.error.message}`,
      `delete the keys from the file that ${quote(config)} leads to`,
    );
  }
  for (const name of different) {
    await note(
      `config.json still holds a plaintext key for ${name}: the vault has another one`,
      `delete it from ${quote(config)}, or store it in place of the other: agentgazer providers set ${name}`,
    );
  }
  for (const reason of left) {
    await note(
      `config.json still holds what may be a plaintext key: ${reason}`,
      `look at "providers" in ${quote(config)}`,
    );
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
