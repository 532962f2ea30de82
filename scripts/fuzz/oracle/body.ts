import { type FieldLine, fieldsOf, headLines, isToken, valuesOf } from "./head.ts";

const MAX_EXTENSIONS = 1024;

/** Where a body ends. */
export type Framing = number | "chunked" | "none" | "refused";

/** A body, and where it ends; `undefined` when it is malformed or breaks off. */
export type Read = { readonly body: string; readonly next: number } | undefined;

/** What the fields say of a body. What could be read in two ways is refused. */
export function framingOf(minor: number, fields: readonly FieldLine[]): Framing {
  const [coding] = valuesOf(fields, "transfer-encoding");
  const [length] = valuesOf(fields, "content-length");
  if (coding !== undefined) {
    return length === undefined && minor === 1 && coding.toLowerCase() === "chunked" ? "chunked" : "refused";
  }
  if (length === undefined) return "none";
  const isNumber = length.length >= 1 && length.length <= 15 &&
    [...length].every((char) => char >= "0" && char <= "9");
  return isNumber ? parseInt(length, 10) : "refused";
}

/** Reads a body of so many bytes. */
export function sizedBody(text: string, from: number, length: number): Read {
  const body = text.slice(from, from + length);
  return body.length === length ? { body, next: from + length } : undefined;
}

/** Reads a body in the chunked coding, line by line. */
export function chunkedBody(text: string, from: number): Read {
  let body = "";
  for (let at = from;;) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end);
    if (end < 0 || !line.endsWith("\r")) return undefined;
    const digits = line.match(/^[0-9a-fA-F]*/)![0];
    const extensions = line.slice(digits.length, -1);
    if (digits === "" || digits.length > 13 || !areExtensions(extensions)) return undefined;
    const size = parseInt(digits, 16);
    if (size === 0) return trailers(text, end + 1, body);
    const data = text.slice(end + 1, end + 1 + size);
    at = end + 1 + size + 2;
    if (data.length < size || text.slice(at - 2, at) !== "\r\n") return undefined;
    body += data;
  }
}

function trailers(text: string, from: number, body: string): Read {
  if (text.startsWith("\r\n", from)) return { body, next: from + 2 };
  const head = headLines(text, from);
  if (typeof head === "string" || fieldsOf(head.lines) === undefined) return undefined;
  return { body, next: head.next };
}

/** Walks over `;name=value` again and again. */
function areExtensions(text: string): boolean {
  if (text.length > MAX_EXTENSIONS) return false;
  for (let rest = text; rest !== "";) {
    rest = rest.replace(/^[ \t]*/, "");
    if (!rest.startsWith(";")) return false;
    rest = rest.slice(1).replace(/^[ \t]*/, "");
    const name = rest.match(/^[^ \t=;]*/)![0];
    if (!isToken(name)) return false;
    rest = rest.slice(name.length);
    const value = rest.replace(/^[ \t]*/, "");
    if (!value.startsWith("=")) continue;
    rest = value.slice(1).replace(/^[ \t]*/, "");
    const plain = rest.match(/^[^ \t=;"]*/)![0];
    if (!rest.startsWith('"') && !isToken(plain)) return false;
    rest = rest.startsWith('"') ? behindQuoted(rest) ?? "?" : rest.slice(plain.length);
  }
  return true;
}

function behindQuoted(text: string): string | undefined {
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (text[at] === '"') return text.slice(at + 1);
    if (text[at] === "\\" && /[\t\x20-\x7e\x80-\xff]/.test(text[at + 1] ?? "")) at++;
    else if (text[at] === "\\" || code === 127 || code < 32 && code !== 9) return undefined;
  }
  return undefined;
}
