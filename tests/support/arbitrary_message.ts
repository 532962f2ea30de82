import fc from "fast-check";

/** A message, and what is to be understood of it. */
export interface Sample {
  /** The line before its fields. */
  readonly start: string;
  readonly pairs: readonly (readonly [name: string, value: string])[];
  readonly framing: number | "chunked" | "until_close";
  readonly body: string;
  /** The bytes of all of it. */
  readonly coded: string;
}

const TOKEN = fc.string({ unit: fc.constantFrom(..."!#$%&'*+-.^_`|~059AZaz"), minLength: 1, maxLength: 12 });
const BLANKS = fc.string({ unit: fc.constantFrom(" ", "\t"), maxLength: 3 });
const LATIN1 = fc.string({ unit: fc.constantFrom(...'\t !",:;=\\aZ0~\x80\xa0\xe9\xff'), maxLength: 20 });

/** A body in which much looks like the coding around it. */
const CONTENT = fc.array(
  fc.constantFrom("\r\n", "\r", "\n", "0", "0\r\n\r\n", "5\r\n", "a", ":", "\x00", "\xff", "x".repeat(2000)),
  { maxLength: 12 },
).map((parts) => parts.join(""));

const FIELD = fc.record({ name: TOKEN, before: BLANKS, value: LATIN1, after: BLANKS })
  .map(({ name, before, value, after }) => {
    const pair = [`x-${name.toLowerCase()}`, value.replace(/^[ \t]+|[ \t]+$/g, "")] as const;
    return { pair, line: `X-${name}:${before}${value}${after}\r\n` };
  });

const EXTENSION = fc.constantFrom("", ";a", ";a=b", ' ;\ta = "b\\";"');
const TRAILERS = fc.constantFrom("", "t: 1\r\n", "t:\r\nu: \xe9\r\n");

/** A message of which the body ends by itself, or with the connection where that is allowed. */
export function arbitraryMessage(start: fc.Arbitrary<string>, untilClose: boolean): fc.Arbitrary<Sample> {
  return fc.record({
    start,
    fields: fc.array(FIELD, { maxLength: 8 }),
    content: CONTENT,
    kind: fc.constantFrom(...["length", "chunked", ...(untilClose ? ["until_close"] : [])]),
    cuts: fc.array(fc.nat(4000), { maxLength: 4 }),
    pad: fc.nat(4),
    extension: EXTENSION,
    trailers: TRAILERS,
    place: fc.nat(8),
  }).map(({ start, fields, content, kind, cuts, pad, extension, trailers, place }) => {
    const framings: [pair: readonly [string, string], line: string][] = [];
    let coded = content;
    if (kind === "chunked") {
      framings.push([["transfer-encoding", "chunked"], "Transfer-Encoding: chunked\r\n"]);
      const size = (length: number) => "0".repeat(pad) + length.toString(16) + extension;
      coded = chunks(content, cuts).map((part) => `${size(part.length)}\r\n${part}\r\n`).join("");
      coded += `${size(0)}\r\n${trailers}\r\n`;
    } else if (kind === "length") {
      const length = "0".repeat(pad) + content.length;
      framings.push([["content-length", length], `Content-Length:${length}\r\n`]);
    }
    const lines = fields.map(({ pair, line }) => [pair, line] as const);
    const all = [...lines.slice(0, place), ...framings, ...lines.slice(place)];
    return {
      start,
      pairs: all.map(([pair]) => pair),
      framing: kind === "length" ? content.length : kind as "chunked" | "until_close",
      body: content,
      coded: `${start}\r\n${all.map(([, line]) => line).join("")}\r\n${coded}`,
    };
  });
}

/** Pieces of a text, none of them empty. */
export function chunks(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set([0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length])];
  places.sort((a, b) => a - b);
  return places.slice(1).map((end, i) => text.slice(places[i], end));
}
