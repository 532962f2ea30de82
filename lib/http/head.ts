import { FieldList } from "./fields.ts";
import { ProtocolError } from "./protocol_error.ts";

/** The most bytes of a head, and the most field lines in it. */
export const MAX_HEAD = 65_536;
export const MAX_FIELDS = 100;

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([\x21-\xff]+) HTTP\/(\d)\.(\d)\r\n/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/;

/** One field line: no white space before the colon, no folding, no control character (RFC 9112, section 5). */
const FIELD_LINE = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)\r\n/y;

/** Fields of which a second one could be read in two ways. */
const SINGLE: readonly string[] = ["host", "content-length", "transfer-encoding"];

/** The beginning of a request, as it was sent. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** Of HTTP/1. */
  readonly minor: 0 | 1;
  readonly fields: FieldList;
}

/** The beginning of an answer. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly minor: 0 | 1;
  readonly fields: FieldList;
}

/**
 * Finds where a head ends, behind its empty line.
 *
 * @param seen up to where it was looked before
 * @returns -1 when the end has not come yet
 * @throws {ProtocolError} for a line that ends without CR, and for a head that is too long
 */
export function headEnd(bytes: Uint8Array, seen: number): number {
  for (let at = bytes.indexOf(LF, seen); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) throw new ProtocolError("A line of the head does not end with CRLF");
    if (at < MAX_HEAD && bytes[at - 2] === LF) return at + 1;
  }
  if (bytes.length >= MAX_HEAD) throw new ProtocolError(`The head is longer than ${MAX_HEAD} bytes`, 431);
  return -1;
}

const CR = 13;
const LF = 10;

/**
 * Reads the head of a request strictly (RFC 9112).
 *
 * @param text up to and with its empty line, one character for each byte
 * @throws {ProtocolError}
 */
export function parseRequestHead(text: string): RequestHead {
  const line = REQUEST_LINE.exec(text);
  if (line === null) throw new ProtocolError("The request line is malformed");
  const [{ length }, method, target, major, minor] = line;
  if (major !== "1") throw new ProtocolError("Only HTTP/1.1 is spoken here", 505);
  return {
    method: method!,
    target: target!,
    minor: minor === "0" ? 0 : 1,
    fields: parseFields(text, length),
  };
}

/**
 * Reads the head of an answer strictly (RFC 9112).
 *
 * @param text up to and with its empty line, one character for each byte
 * @throws {ProtocolError}
 */
export function parseResponseHead(text: string): ResponseHead {
  const line = STATUS_LINE.exec(text);
  if (line === null) throw new ProtocolError("The status line is malformed");
  const [{ length }, minor, status, reason = ""] = line;
  return {
    status: Number(status),
    reason,
    minor: minor === "0" ? 0 : 1,
    fields: parseFields(text, length),
  };
}

/**
 * Reads field lines up to the empty line that ends them.
 *
 * @param at where the first one begins
 * @throws {ProtocolError}
 */
export function parseFields(text: string, at: number): FieldList {
  const names: string[] = [];
  const values: string[] = [];
  FIELD_LINE.lastIndex = at;
  for (let line = FIELD_LINE.exec(text); line !== null; line = FIELD_LINE.exec(text)) {
    const name = line[1]!.toLowerCase();
    if (names.length === MAX_FIELDS) throw new ProtocolError(`There are more than ${MAX_FIELDS} fields`, 431);
    if (SINGLE.includes(name) && names.includes(name)) {
      throw new ProtocolError(`There is more than one ${name} field`);
    }
    names.push(name);
    values.push(trimmed(line[2]!));
    at = FIELD_LINE.lastIndex;
  }
  if (text.slice(at) !== "\r\n") throw new ProtocolError("A field line is malformed");
  return new FieldList(names, values);
}

/** Without the white space around it; `trim` would also take U+00A0. */
function trimmed(value: string): string {
  let begin = 0;
  let end = value.length;
  while (begin < end && isBlank(value.charCodeAt(begin))) begin++;
  while (end > begin && isBlank(value.charCodeAt(end - 1))) end--;
  return value.slice(begin, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
