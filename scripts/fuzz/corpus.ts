import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Input } from "./target.ts";

const FOLDER = fileURLToPath(new URL("../../tests/testdata/fuzz", import.meta.url));

/** The file with what was chosen by hand; every other one is a find. */
const CHOSEN = "corpus.json";

/** The inputs that are kept for a target, by their names. */
export function keptInputs(target: string): ReadonlyMap<string, Input> {
  const folder = join(FOLDER, target);
  const kept = new Map<string, Input>();
  for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const value: unknown = JSON.parse(Deno.readTextFileSync(join(folder, name)));
    const inputs = name === CHOSEN ? value as Input[] : [value as Input];
    inputs.forEach((input, i) => kept.set(name === CHOSEN ? `${name} ${i}` : name, input));
  }
  return kept;
}

/** The targets of which something is kept. */
export function keptTargets(): string[] {
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
}

/** Keeps an input that showed a fault, and gives the path of its file. */
export function keep(target: string, input: Input): string {
  const text = ascii(JSON.stringify(input, null, 2)) + "\n";
  const path = join(FOLDER, target, `${createHash("sha256").update(text).digest("hex").slice(0, 12)}.json`);
  Deno.mkdirSync(join(FOLDER, target), { recursive: true });
  Deno.writeTextFileSync(path, text);
  return path;
}

/** What is not ASCII as an escape: editors show and change such characters in their own ways. */
export function ascii(json: string): string {
  return json.replace(/[^\n\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
