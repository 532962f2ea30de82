import assert from "node:assert/strict";
import type { Json } from "../../lib/vault/keystore.ts";
import { CANARY } from "./canary.ts";
import { type CommandLine, commandLine } from "./command_line.ts";
import { putEntry, tamper } from "./command_vault.ts";
import { stored } from "./stored.ts";

/** The login that can be revoked. */
export const ID = "openai-oauth";
/** Its sealed part. */
export const KEPT = JSON.stringify({ accessToken: `a-${CANARY}`, refreshToken: `r-${CANARY}` });

/** A vault with this login and a key beside it. */
export async function loggedIn(
  id = ID,
  text = KEPT,
  fields: Record<string, Json> = {},
): Promise<CommandLine> {
  const line = commandLine();
  await line.run(["providers", "set", "yi"], { stdin: ["key-of-yi"] });
  await putEntry(line, "login", id, text, fields);
  return line;
}

/** The names of all entries. */
export function names(line: CommandLine): string[] {
  const found: string[] = [];
  tamper(line, (entries) => void found.push(...entries.keys()));
  return found;
}

/** Checks that only the key is left. */
export async function assertGone(line: CommandLine): Promise<void> {
  assert.deepEqual(names(line), ["api-key:yi"]);
  assert.equal(await stored(line.home, "api-key", "yi"), "key-of-yi");
}
