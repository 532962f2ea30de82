import { type Chance } from "./chance.ts";

/** Ways in which the same bytes may arrive: at once, in a few pieces, and one by one as far as that takes no time. */
export function arrivals(text: string, chance: Chance): string[][] {
  return [[text], cut(text, 1 + chance.below(8), chance), apart(text, chance)];
}

function cut(text: string, count: number, chance: Chance): string[] {
  const places = Array.from({ length: count }, () => chance.below(text.length + 1)).sort((a, b) => a - b);
  return [0, ...places].map((from, i) => text.slice(from, places[i])).filter((piece) => piece !== "");
}

function apart(text: string, chance: Chance): string[] {
  return text.length <= 800 ? text.split("") : cut(text, 40, chance);
}
