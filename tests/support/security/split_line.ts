import type { Bytes } from "./bytes.ts";

/** The most words of a line; the rest is lost (MAX_ARGS in security.c). */
const MAX_WORDS = 32;

const SPACE = /^[ \t\n\v\f\r]$/;

/**
 * Splits a line of `security -i` into words. Not as a shell does: a backslash makes the next byte an ordinary one
 * even in single quotes, a quote counts only at the start of a word, and its partner ends the word.
 */
export function splitLine(line: Bytes): Bytes[] {
  const words: Bytes[] = [];
  // The line is a C string.
  const bytes = line.replace(/\0.*$/s, "");
  let at = 0;
  while (words.length < MAX_WORDS) {
    while (SPACE.test(bytes[at] ?? "")) at++;
    if (at >= bytes.length) break;
    const quote = /["']/.test(bytes[at]!) ? bytes[at++] : undefined;
    let word = "";
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === quote || quote === undefined && SPACE.test(byte)) break;
      if (byte === "\\") at++;
      word += bytes[at] ?? "";
    }
    at++;
    words.push(word);
  }
  return words;
}
