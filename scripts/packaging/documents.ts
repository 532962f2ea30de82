import { join } from "node:path";
import { completionScript, type Shell } from "../../lib/cli/completions.ts";
import { ROOT } from "../compile/deno.ts";
import { commandTree, pageOf } from "../docs/pages.ts";
import { type ManualPage, manualPages } from "../docs/roff.ts";
import { HOMEPAGE, VERSION } from "./release.ts";

/** The manual pages. @param seconds the date that they bear, since 1970 began */
export function manuals(seconds: number): ManualPage[] {
  return manualPages(pageOf(commandTree()), VERSION, seconds);
}

/** The completion script of a shell. */
export function completions(shell: Shell): string {
  return completionScript(commandTree(), shell);
}

/** Whose work is in the executable, and under which licenses. */
export async function copyright(): Promise<string> {
  return (await debianFile("copyright")).replace("@HOMEPAGE@", HOMEPAGE);
}

/** A file of the Debian package. */
export function debianFile(name: string): Promise<string> {
  return ownFile("scripts", "packaging", "debian", name);
}

/** A file of the project. */
export function ownFile(...path: readonly string[]): Promise<string> {
  return Deno.readTextFile(join(ROOT, ...path));
}
