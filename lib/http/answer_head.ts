import type { Body } from "./body.ts";
import type { Answer } from "./message.ts";

/** What of a request decides how its answer is framed. */
export interface Asked {
  readonly method: string;
  /** Of HTTP/1. */
  readonly minor: 0 | 1;
}

/** An answer as it is written. */
export interface AnswerHead {
  /** All lines but the last empty one. */
  readonly text: string;
  /** What is written behind it. */
  readonly body: Body | null;
  readonly chunked: boolean;
}

/** The words behind the statuses that are made here (RFC 9110, section 15). */
const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  413: "Content Too Large",
  421: "Misdirected Request",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

/**
 * Makes the head of an answer, with a framing of our own (RFC 9112, section 6).
 *
 * @param keep whether another request may follow
 * @param now milliseconds since 1970 began
 */
export function answerHead(answer: Answer, asked: Asked, keep: boolean, now: number): AnswerHead {
  const { status, reason, headers } = answer;
  if (answer.upload !== undefined) {
    const text = `HTTP/1.1 101 ${REASONS[101]}\r\n${headers.lines()}`;
    return { text, body: answer.body, chunked: false };
  }
  const length = headers.get("content-length");
  const hasNone = asked.method === "HEAD" || status === 204 || status === 304;
  const body = hasNone ? null : answer.body;
  const chunked = body !== null && body.length === undefined && asked.minor === 1;
  let text = `HTTP/1.1 ${status} ${reason || (REASONS[status] ?? "")}\r\n`;
  if (length !== null) headers.delete("content-length");
  text += headers.lines();
  if (chunked) text += "transfer-encoding: chunked\r\n";
  else if (hasNone) text += length === null || status === 204 ? "" : `content-length: ${length}\r\n`;
  else if (body === null || body.length !== undefined) text += `content-length: ${body?.length ?? 0}\r\n`;
  if (!headers.has("date")) text += `date: ${new Date(now).toUTCString()}\r\n`;
  if (!keep) text += "connection: close\r\n";
  return { text, body, chunked };
}
