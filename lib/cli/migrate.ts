import { AppError } from "../errors.ts";
import { stampOf } from "../vault/file.ts";
import type { Home } from "../vault/home.ts";
import { migrate } from "../vault/migrate.ts";
import type { Vault } from "../vault/vault.ts";
import { acceptKey } from "./accept.ts";
import type { Note } from "./render.ts";

/**
 * Moves the plaintext keys that old versions left in config.json into the vault, and says so. A failure is told
 * and does not stop the command: the plaintext then stays where it is.
 */
export async function migratePlaintext(vault: Vault, home: Home, note: Note): Promise<void> {
  // Usually there is no such file. What is wrong with its folder is told by the command itself.
  if (["absent", "unreadable"].includes(stampOf(home.config))) return;
  try {
    const { moved, different, left } = await migrate(vault, home, acceptKey);
    if (moved.length > 0) {
      await note(
        `moved ${count(moved.length, "plaintext key")} from config.json into the vault (${
          moved.join(", ")
        }); ` +
          "backups of config.json may still hold them",
      );
    }
    for (const name of different) {
      await note(
        `config.json still holds a plaintext key for ${name}: the vault has another one`,
        `delete it from ${home.config}, or store it in place of the other: agentgazer providers set ${name}`,
      );
    }
    for (const reason of left) {
      await note(
        `config.json still holds what may be a plaintext key: ${reason}`,
        `look at "providers" in ${home.config}`,
      );
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await note(`plaintext keys in config.json, if there are any, stay there: ${error.message}`, error.hint);
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
