import type { Chance } from "./chance.ts";

/** Names and values that programs stumble over. */
const NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "0", "length", "\ud800"];
const VALUES = [
  "null",
  "true",
  "0",
  "-0",
  "1e999",
  "-1",
  "1.5",
  "12345678901234567890",
  '""',
  "[]",
  "{}",
  "[[]]",
  '{"__proto__":{}}',
  '"\\ud800"',
  '"\\u0000"',
  '"\\r\\nx-a: b"',
  '"ü"',
];

/** The most levels that are wrapped around a value: more than the stack of a careless reader holds. */
const DEEP = 20_000;

/** A place in a JSON text: its text, and the name before it within an object. */
interface Place {
  readonly start: number;
  readonly end: number;
  readonly name: string | undefined;
}

/** Changes one value, name or member of a JSON text, which need not be valid before or after. */
export function mutateJson(text: string, chance: Chance, words: readonly string[]): string {
  const places = [...placesOf(text)];
  if (places.length === 0) return text;
  const { start, end, name } = chance.pick(places);
  const value = text.slice(start, end);
  const other = chance.pick(places);
  const put = (changed: string) => text.slice(0, start) + changed + text.slice(end);
  const member = (name: string, value: string) =>
    put(`${text.slice(start, end)},${JSON.stringify(name)}:${value}`);
  switch (chance.below(9)) {
    case 0:
      return put(chance.pick(VALUES));
    case 1:
      return put(JSON.stringify(chance.pick(words)));
    case 2:
      return put(text.slice(other.start, other.end));
    case 3:
      return name === undefined ? put(`[${value}]`) : member(name, chance.pick(VALUES));
    case 4:
      return name === undefined ? put(`${value},${value}`) : member(chance.pick([...NAMES, ...words]), value);
    case 5:
      return name === undefined ? put("") : member(other.name ?? chance.pick(NAMES), value);
    case 6:
      return put(nested(value, chance.once(20) ? DEEP : 1 + chance.below(70), chance.once(2)));
    case 7:
      return put(
        typeof value === "string" && value.startsWith('"') ? value.slice(1, -1) : JSON.stringify(value),
      );
    default:
      return removed(text, start, end);
  }
}

function nested(value: string, depth: number, inArrays: boolean): string {
  return inArrays
    ? "[".repeat(depth) + value + "]".repeat(depth)
    : '{"a":'.repeat(depth) + value + "}".repeat(depth);
}

/** Without a value, its name, and the comma behind it. */
function removed(text: string, start: number, end: number): string {
  const before = text.slice(0, start).replace(/(?:"(?:[^"\\]|\\.)*"\s*:\s*)$/, "");
  return before + text.slice(end).replace(/^\s*,/, "");
}

/** The scalars of a JSON text, and its innermost objects and lists. */
function* placesOf(text: string): Generator<Place> {
  const pattern =
    /(?:("(?:[^"\\]|\\.)*")\s*:\s*)?("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|\{[^{}]*\}|\[[^[\]]*\])/g;
  for (const { 0: all, 1: name, 2: value, index } of text.matchAll(pattern)) {
    const end = index + all.length;
    yield { start: end - value!.length, end, name: nameIn(name) };
    for (const inner of value!.startsWith("{") ? innerPlaces(value!) : []) {
      yield { ...inner, start: inner.start + end - value!.length, end: inner.end + end - value!.length };
    }
  }
}

function* innerPlaces(object: string): Generator<Place> {
  for (const place of placesOf(object.slice(1, -1))) {
    yield { ...place, start: place.start + 1, end: place.end + 1 };
  }
}

function nameIn(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
