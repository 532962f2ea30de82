import { connectionOptions, type Fields } from "./fields.ts";
import type { RequestHead, ResponseHead } from "./head.ts";
import { ProtocolError } from "./protocol_error.ts";

/** Where a body ends: behind so many bytes, behind its last chunk, or with the connection. */
export type Framing = number | "chunked" | "until_close";

/**
 * How the body of a request is framed (RFC 9112, section 6.3). What could be read in two ways is refused.
 *
 * @throws {ProtocolError}
 */
export function requestFraming({ minor, fields }: RequestHead): Framing {
  return declared(minor, fields) ?? 0;
}

/**
 * How the body of an answer is framed (RFC 9112, section 6.3).
 *
 * @param method of the request
 * @throws {ProtocolError}
 */
export function responseFraming(method: string, { status, minor, fields }: ResponseHead): Framing {
  const framing = declared(minor, fields);
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return 0;
  return framing ?? "until_close";
}

/** Whether the sender keeps the connection open behind this message (RFC 9112, section 9.3). */
export function keepsOpen({ minor, fields }: RequestHead | ResponseHead): boolean {
  if (minor === 0) return false;
  return !connectionOptions(fields).includes("close");
}

function declared(minor: 0 | 1, fields: Fields): Framing | undefined {
  const coding = fields.get("transfer-encoding");
  const length = fields.get("content-length");
  if (coding === null) return length === null ? undefined : parseLength(length);
  if (length !== null) throw new ProtocolError("There are content-length and transfer-encoding together");
  if (minor === 0) throw new ProtocolError("HTTP/1.0 knows no transfer-encoding");
  if (!/^chunked$/i.test(coding)) throw new ProtocolError("This transfer-encoding is not known", 501);
  return "chunked";
}

/** Up to fifteen digits, which are exact as a number. */
function parseLength(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new ProtocolError("The content-length is malformed");
  return Number(text);
}
