import { chunkedBody, framingOf, sizedBody } from "./body.ts";
import { closes, type FieldLine, fieldsOf, headLines, isToken } from "./head.ts";

/** A request as it is to be understood. */
export interface RequestRead {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly FieldLine[];
  /** `undefined` when it is malformed or breaks off. */
  readonly body: string | undefined;
}

/** An answer as it is to be understood. */
export interface AnswerRead {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly FieldLine[];
  readonly body: string | undefined;
  /** Whether another answer may follow. */
  readonly keep: boolean;
  /** What came behind it. */
  readonly rest: string;
}

/** Reads what a client sends, up to where nothing more may be read as a request. */
export function requestsIn(text: string): { readonly requests: RequestRead[]; readonly refused: boolean } {
  const requests: RequestRead[] = [];
  for (let at = 0;;) {
    while (text[at] === "\r" || text[at] === "\n") at++;
    const head = headLines(text, at);
    if (head === "cut") return { requests, refused: false };
    const start = head === "refused" ? undefined : requestLine(head.lines[0]!);
    const all = head === "refused" ? undefined : fieldsOf(head.lines.slice(1));
    if (head === "refused" || start === undefined || all === undefined) return { requests, refused: true };
    const framing = framingOf(start.minor, all);
    if (framing === "refused") return { requests, refused: true };
    const read = framing === "chunked"
      ? chunkedBody(text, head.next)
      : sizedBody(text, head.next, framing === "none" ? 0 : framing);
    // What HTTP/1.0 says of an upgrade means nothing.
    const fields = start.minor === 0 ? all.filter(([name]) => name !== "upgrade") : all;
    requests.push({ method: start.method, target: start.target, fields, body: read?.body });
    if (read === undefined || closes(start.minor, all)) return { requests, refused: false };
    at = read.next;
  }
}

/**
 * Reads what a provider sends in answer to one request.
 *
 * @param upgrade whether another protocol was asked for, of which all that follows is the body
 * @returns `refused` also when it breaks off in a head
 */
export function answerIn(text: string, method: string, upgrade: boolean): AnswerRead | "refused" | "nothing" {
  if (text === "") return "nothing";
  let at = 0;
  for (let early = 0; early <= 16; early++) {
    const head = headLines(text, at);
    if (typeof head === "string") return "refused";
    const start = /^HTTP\/1\.([01]) ([1-9][0-9][0-9])(?:$| (.*)$)/s.exec(head.lines[0]!);
    const fields = fieldsOf(head.lines.slice(1));
    if (start === null || fields === undefined || !isReason(start[3] ?? "")) return "refused";
    const [minor, status] = [Number(start[1]), Number(start[2])];
    at = head.next;
    if (status === 101 && upgrade) {
      return { status, reason: start[3] ?? "", fields, body: text.slice(at), keep: false, rest: "" };
    }
    if (status === 101) return "refused";
    if (status >= 200) return finalAnswer(text, at, method, minor, status, start[3] ?? "", fields);
  }
  return "refused";
}

function finalAnswer(
  text: string,
  at: number,
  method: string,
  minor: number,
  status: number,
  reason: string,
  fields: readonly FieldLine[],
): AnswerRead | "refused" {
  const framing = framingOf(minor, fields);
  if (framing === "refused") return "refused";
  const hasNone = method === "HEAD" || status === 204 || status === 304;
  const untilClose = framing === "none" && !hasNone;
  const read = hasNone
    ? { body: "", next: at }
    : framing === "none"
    ? { body: text.slice(at), next: text.length }
    : framing === "chunked"
    ? chunkedBody(text, at)
    : sizedBody(text, at, framing);
  const keep = read !== undefined && !untilClose && !closes(minor, fields);
  return {
    status,
    reason,
    fields,
    body: read?.body,
    keep,
    rest: read === undefined ? "" : text.slice(read.next),
  };
}

function requestLine(line: string): { method: string; target: string; minor: number } | undefined {
  const parts = line.split(" ");
  const [method = "", target = "", version = ""] = parts;
  if (parts.length !== 3 || method.length > 32 || !isToken(method) || !/^HTTP\/1\.[0-9]$/.test(version)) {
    return undefined;
  }
  const isVisible = (char: string) => char > " " && char <= "\xff";
  if (target === "" || ![...target].every(isVisible)) return undefined;
  return { method, target, minor: version.endsWith("0") ? 0 : 1 };
}

function isReason(text: string): boolean {
  return fieldsOf([`reason:${text}`]) !== undefined;
}
