import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";

/** A secret of which no piece occurs by chance. */
export const CANARY = "Vb3nQ8rT5xZw2LkJ9dHsYc7mFp4Ga6Ue";

/** The shortest piece of it that counts as a leak. */
const PIECE = 8;

/** Every spelling that is searched for: each piece as it is (so also URL-encoded), in hex, and as base64. */
const TRACES: readonly string[] = [
  ...pieces(CANARY),
  ...pieces(Buffer.from(CANARY).toString("hex"), 2 * PIECE),
  ...pieces(Buffer.from(CANARY).toString("hex").toUpperCase(), 2 * PIECE),
  // A base64 text depends on where in a group of three bytes it begins.
  ...[0, 1, 2].flatMap((offset) => {
    const text = Buffer.from("x".repeat(offset) + CANARY).toString("base64").slice(4, -4);
    return [...pieces(text, 12), ...pieces(text.replaceAll("+", "-").replaceAll("/", "_"), 12)];
  }),
];

/** The first trace of the canary in a text. */
export function findCanary(text: string): string | undefined {
  return TRACES.find((trace) => text.includes(trace));
}

/** Fails when a text holds any trace of the canary. */
export function assertNoCanary(text: string, where: string): void {
  const trace = findCanary(text);
  const context = trace === undefined ? "" : text.slice(Math.max(0, text.indexOf(trace) - 200)).slice(0, 400);
  assert.equal(trace, undefined, `the canary is in ${where}: …${context}`);
}

/** Fails when any file below a folder holds a trace of the canary, in its name or its content. */
export async function assertNoCanaryBelow(folder: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    assertNoCanary(entry.name, `a file name in ${folder}`);
    if (entry.isDirectory) await assertNoCanaryBelow(path);
    else if (entry.isFile) assertNoCanary(Buffer.from(await Deno.readFile(path)).toString("latin1"), path);
  }
}

function pieces(text: string, length = PIECE): string[] {
  return Array.from({ length: Math.max(0, text.length - length + 1) }, (_, i) => text.slice(i, i + length));
}
