import type { Chance } from "./chance.ts";
import { mutateJson } from "./mutate_json.ts";
import type { Input } from "./target.ts";

/** Texts do not grow beyond this. */
const MAX_TEXT = 150_000;

/** Numbers at which something may change. */
const NUMBERS = [
  "0",
  "-1",
  "1e999",
  "00",
  "0x1",
  "4294967296",
  "9007199254740993",
  "1".repeat(400),
  "NaN",
  "+1",
];

/** Characters that often mean something. */
const CHARACTERS = [
  "\r",
  "\n",
  "\0",
  "\t",
  " ",
  '"',
  "\\",
  "%",
  "\x7f",
  "\x80",
  "\xff",
  "\u2028",
  "\ufeff",
];

/** Changes an input in a few places; most changes are small. */
export function mutate(
  input: Input,
  chance: Chance,
  words: readonly string[],
  others: readonly Input[],
): Input {
  let texts = [...input];
  for (let count = 1 + chance.below(4); count > 0; count--) {
    if (texts.length === 0 || chance.once(12)) texts = mutateList(texts, chance, words);
    const at = chance.below(texts.length);
    const other = chance.pick(chance.pick(others)) ?? "";
    texts[at] = mutateText(texts[at] ?? "", chance, words, other).slice(0, MAX_TEXT).toWellFormed();
  }
  return texts;
}

function mutateList(texts: readonly string[], chance: Chance, words: readonly string[]): string[] {
  const at = chance.below(texts.length + 1);
  const kept = texts[at] ?? chance.pick(words);
  switch (chance.below(4)) {
    case 0:
      return texts.toSpliced(at, 1);
    case 1:
      return texts.toSpliced(at, 0, chance.pick(words));
    case 2:
      return texts.toSpliced(chance.below(texts.length + 1), 0, kept);
    default:
      return texts.toSpliced(at, 1).toSpliced(chance.below(texts.length), 0, kept);
  }
}

/** One change of a text. */
export function mutateText(text: string, chance: Chance, words: readonly string[], other: string): string {
  if (/^\s*[{[]/.test(text) && chance.once(2)) return mutateJson(text, chance, words);
  const at = chance.below(text.length + 1);
  const end = at + chance.below(chance.once(4) ? text.length : 12);
  const [before, span, after] = [text.slice(0, at), text.slice(at, end), text.slice(end)];
  switch (chance.below(11)) {
    case 0:
      return before + String.fromCharCode(chance.below(256)) + text.slice(at + 1);
    case 1:
      return before + String.fromCharCode(text.charCodeAt(at) ^ (1 << chance.below(8))) + text.slice(at + 1);
    case 2:
      return before + chance.pick(CHARACTERS) + text.slice(at);
    case 3:
    case 4:
      return before + chance.pick(words) + text.slice(at);
    case 5:
      return before + chance.pick(words) + after;
    case 6:
      return before + after;
    case 7:
      return before + span.repeat(2 + chance.below(chance.once(8) ? 300 : 3)) + after;
    case 8:
      return before + other.slice(chance.below(other.length + 1)) + (chance.once(2) ? after : "");
    case 9:
      return replaceOne(text, /\d+/g, chance, () => chance.pick(NUMBERS));
    default:
      return replaceOne(text, /[A-Za-z]+/g, chance, (word) => respell(word, chance));
  }
}

/** Another spelling that something on the way may take for the same. */
function respell(word: string, chance: Chance): string {
  const encoded = () => word.replace(/./g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  switch (chance.below(4)) {
    case 0:
      return word.toUpperCase();
    case 1:
      return word.toLowerCase();
    case 2:
      return encoded();
    default:
      return encoded().replaceAll("%", "%25");
  }
}

function replaceOne(text: string, pattern: RegExp, chance: Chance, make: (part: string) => string): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text + make("");
  const { 0: part, index } = chance.pick(found);
  return text.slice(0, index) + make(part) + text.slice(index + part.length);
}
