import { createHash } from "node:crypto";
import type { Chance } from "../chance.ts";

type Entry = Record<string, unknown>;

/** Values of clear fields that somebody may write into the file. */
const VALUES: readonly unknown[] = [null, "", 0, true, [], {}, "2030-01-01T00:00:00Z", "login", [
  "openai",
  "mistral",
]];

/** Names that entries may be given. */
const NAMES = [
  "api-key:openai",
  "api-key:mistral",
  "login:openai",
  "client:default",
  "client:root",
  "api-key:",
  "x",
  "",
];

/**
 * The vault as somebody who can write to the file would rearrange it: entries swapped, renamed, copied and edited,
 * with the digest of their names put right, so that only the sealing can tell.
 */
export function rearranged(text: string, chance: Chance): string {
  const root = JSON.parse(text);
  const entries: [name: string, entry: Entry][] = Object.entries(root.entries);
  for (let count = 1 + chance.below(3); count > 0; count--) edit(entries, root, chance);
  const names = [...new Set(entries.map(([name]) => name))].sort();
  root.names = createHash("sha256").update(JSON.stringify(names)).digest("hex").slice(0, 16);
  root.entries = Object.fromEntries(entries);
  return JSON.stringify(root);
}

function edit(entries: [string, Entry][], root: Entry, chance: Chance): void {
  const one = chance.pick(entries);
  const other = chance.pick(entries);
  if (one === undefined || other === undefined) return;
  const field = chance.pick([...Object.keys(one[1]), "note", "__proto__"]);
  switch (chance.below(9)) {
    case 0:
      [one[1], other[1]] = [other[1], one[1]];
      return;
    case 1:
      one[0] = chance.pick(NAMES);
      return;
    case 2:
      entries.push([chance.pick(NAMES), { ...one[1] }]);
      return;
    case 3:
      one[1] = { ...one[1], [field]: chance.pick(VALUES) };
      return;
    case 4:
      one[1] = { ...one[1], [field]: other[1][field] };
      return;
    case 5:
      one[1] = { ...one[1], [field]: respelt(one[1][field], chance) };
      return;
    case 6:
      one[1] = Object.fromEntries(Object.entries(one[1]).reverse());
      return;
    case 7:
      entries.splice(entries.indexOf(one), 1);
      return;
    default:
      root.key = {
        ...root.key as Entry,
        [chance.pick(["salt", "bound", "backend", "chosen", "more"])]: chance.pick(VALUES),
      };
  }
}

/** Another way to write the same base64, or one that is not the same. */
function respelt(value: unknown, chance: Chance): unknown {
  if (typeof value !== "string") return value;
  const at = chance.below(value.length + 1);
  return chance.pick([
    value.replace(/=+$/, ""),
    `${value}=`,
    value.replaceAll("+", "-").replaceAll("/", "_"),
    ` ${value}`,
    value.slice(0, at) + chance.pick([..."AZaz09+/=\n"]) + value.slice(at + 1),
  ]);
}
