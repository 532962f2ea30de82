/** The most bytes of a head, and the most fields in it. */
const MAX_HEAD = 65_536;
const MAX_FIELDS = 100;

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~";
const SINGLE = new Set(["host", "content-length", "transfer-encoding"]);

export type FieldLine = readonly [name: string, value: string];

/** The lines of a head, and where it ends; `cut` when its end has not come. */
export type Lines = { readonly lines: readonly string[]; readonly next: number } | "refused" | "cut";

/**
 * Reads the lines of a head, one after the other: a second opinion on what `lib/http` takes, which shares no code
 * with it.
 */
export function headLines(text: string, from: number): Lines {
  const lines: string[] = [];
  for (let at = from;;) {
    const end = text.indexOf("\n", at);
    if (end < 0) return text.length - from >= MAX_HEAD ? "refused" : "cut";
    const line = text.slice(at, end);
    if (!line.endsWith("\r") || end - from >= MAX_HEAD) return "refused";
    at = end + 1;
    if (line === "\r" && lines.length > 0) return { lines, next: at };
    lines.push(line.slice(0, -1));
  }
}

/** The fields of a head or of trailers, without white space around them; `undefined` when a line is none. */
export function fieldsOf(lines: readonly string[]): FieldLine[] | undefined {
  const fields: FieldLine[] = [];
  const singles = new Set<string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!isToken(name) || ![...line.slice(colon + 1)].every(isFieldCharacter)) return undefined;
    if (SINGLE.has(name) && singles.has(name)) return undefined;
    singles.add(name);
    fields.push([name, line.slice(colon + 1).replace(/^[ \t]*/, "").replace(/[ \t]*$/, "")]);
  }
  return fields.length > MAX_FIELDS ? undefined : fields;
}

/** All values of a name. */
export function valuesOf(fields: readonly FieldLine[], name: string): string[] {
  return fields.filter((field) => field[0] === name).map(([, value]) => value);
}

/** Whether nothing may follow on this connection. */
export function closes(minor: number, fields: readonly FieldLine[]): boolean {
  return minor === 0 || /(^|,)\s*close\s*(,|$)/i.test(valuesOf(fields, "connection").join(","));
}

export function isToken(text: string): boolean {
  return text !== "" && [...text].every((char) => /[0-9a-z]/i.test(char) || TOKEN_CHARACTERS.includes(char));
}

function isFieldCharacter(char: string): boolean {
  const code = char.charCodeAt(0);
  return code === 9 || code >= 32 && code <= 255 && code !== 127;
}
