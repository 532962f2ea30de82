import { AppError } from "../errors.ts";
import { decoded } from "./carriers.ts";

/** From few words to many. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;

/** The longest text of a request that is logged, in characters. */
const MAX_TEXT = 512;

/** A text that is logged as it is, unless it may hold a token. */
const PLAIN = /^[\x21-\x24\x26-\x7e]*$/;
const MARK = /agz_/i;

/** A local token, or what looks like one. */
const TOKEN = /agz_[\w-]+/gi;

export type LogLevel = typeof LOG_LEVELS[number];

export type LogFormat = "text" | "json";

/** What is logged of a request: never a header's value, a query or a body. */
export interface RequestLine {
  /** ISO time at which it began. */
  readonly time: string;
  /** Here and below, `-` stands for what is not known. */
  client: string;
  agent: string;
  provider: string;
  readonly method: string;
  path: string;
  status: number;
  /** Bytes of the answer's body that were passed on. */
  bytes: number;
  /** Milliseconds until the last of them. */
  ms: number;
  /** Our own refusal's code, or how the transfer ended. */
  error: string | undefined;
}

/** Writes the log of the proxy. */
export interface Log {
  /** What a person reads first: as text it stands for itself, without a time. Of level `info`. */
  notice(message: string): void;
  request(line: RequestLine): void;
  event(level: LogLevel, message: string): void;
}

/** The line of a request that has just come in. @param now milliseconds since 1970 began */
export function newRequestLine(method: string, now: number): RequestLine {
  const time = isoTime(now);
  const unknown = { client: "-", agent: "-", provider: "-", path: "-" };
  return {
    time,
    ...unknown,
    method: loggable(method).slice(0, 32),
    status: 0,
    bytes: 0,
    ms: 0,
    error: undefined,
  };
}

let second = { since: NaN, text: "" };

/** The time as a text. All but the milliseconds are made once a second. */
function isoTime(now: number): string {
  const since = now - now % 1000;
  if (since !== second.since) second = { since, text: new Date(since).toISOString().slice(0, -4) };
  return `${second.text}${String(now % 1000).padStart(3, "0")}Z`;
}

/**
 * Takes the value of `AGENTGAZER_LOG`.
 *
 * @throws {AppError} `usage`
 */
export function parseLogLevel(value: string | undefined): LogLevel {
  if (value === undefined) return "info";
  const level = LOG_LEVELS.find((known) => known === value);
  if (level !== undefined) return level;
  throw new AppError(
    "usage",
    "Cannot use the value of AGENTGAZER_LOG: it is no log level",
    `set it to one of ${LOG_LEVELS.join(", ")}`,
  );
}

/**
 * A log with one line per request and event. Requests are of level `info`.
 *
 * @param write gets whole lines, in order
 * @param now milliseconds since 1970 began
 */
export function makeLog(
  format: LogFormat,
  level: LogLevel,
  write: (line: string) => void,
  now: () => number,
): Log {
  const shows = (one: LogLevel) => LOG_LEVELS.indexOf(one) <= LOG_LEVELS.indexOf(level);
  const timed = (level: LogLevel, message: string) => {
    const time = new Date(now()).toISOString();
    return format === "json"
      ? JSON.stringify({ time, level, message }) + "\n"
      : `${time} ${level}: ${message}\n`;
  };
  return {
    notice(message) {
      if (shows("info")) write(format === "json" ? timed("info", message) : message + "\n");
    },
    request(line) {
      if (shows("info")) write(format === "json" ? JSON.stringify(line) + "\n" : textOf(line));
    },
    event(eventLevel, message) {
      if (shows(eventLevel)) write(timed(eventLevel, message));
    },
  };
}

/** A text of the request that can't break the line, and in which no local token stays, encoded or not. */
export function loggable(text: string): string {
  if (text.length <= MAX_TEXT && PLAIN.test(text) && !MARK.test(text)) return text;
  const masked = text.replace(TOKEN, "[token]");
  const plain = MARK.test(decoded(masked)) ? decoded(masked).replace(TOKEN, "[token]") : masked;
  return plain.slice(0, MAX_TEXT).replace(/[^\x21-\x7e]/g, "?");
}

function textOf(line: RequestLine): string {
  const { time, client, agent, provider, method, path, status, bytes, ms, error } = line;
  const parts = [time, client, agent, provider, method, path, status, `${bytes}B`, `${ms}ms`];
  if (error !== undefined) parts.push(error);
  return parts.join(" ") + "\n";
}
