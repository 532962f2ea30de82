import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "./needs.ts";

/** docs/sandboxes.md, by the headings of its sections. */
const SECTIONS = new Map(
  Deno.readTextFileSync(join(ROOT, "docs", "sandboxes.md")).split(/^## /m).map((section) => {
    const [heading, ...lines] = section.split("\n");
    return [heading!, lines.join("\n")];
  }),
);

/** A block of code in a section of docs/sandboxes.md. @param place which of the section's, from 0 */
export function recipe(heading: string, place = 0): string {
  const block = [...section(heading).matchAll(/^```\w+\n(.*?)^```$/gms)][place]?.[1];
  assert.ok(block, `"${heading}" has no block ${place}`);
  return block;
}

/** What a section's table says of messages: each stands for those that hold it. */
export function messagesIn(heading: string): string[] {
  const [, table] = section(heading).split(/^\| message .*\n/m);
  assert.ok(table, `"${heading}" has no table of messages`);
  const rows = table.split("\n").slice(1).filter((line) => line.startsWith("| "));
  return rows.map((row) => /^\| `([^`]+)`/.exec(row)![1]!);
}

/** A recipe without a piece of it. */
export function without(text: string, ...pieces: string[]): string {
  return pieces.reduce((rest, piece) => {
    assert.ok(rest.includes(piece), `the recipe has no ${piece}`);
    return rest.replaceAll(piece, "");
  }, text);
}

function section(heading: string): string {
  const text = SECTIONS.get(heading);
  assert.ok(text, `docs/sandboxes.md has no "${heading}"`);
  return text;
}
