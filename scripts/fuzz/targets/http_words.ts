import type { Chance } from "../chance.ts";

const LINES = [
  "host: 127.0.0.1:18900",
  "Host: localhost:18900",
  "host:",
  "host : a",
  "host: a, b",
  "content-length: 5",
  "Content-Length: 0",
  "content-length: +5",
  "content-length: 5, 5",
  "content-length: 99999999999999999999",
  "transfer-encoding: chunked",
  "Transfer-Encoding: Chunked",
  "transfer-encoding: gzip, chunked",
  "transfer-encoding : chunked",
  "connection: close",
  "connection: keep-alive",
  "connection: Upgrade, close",
  "upgrade: websocket",
  "expect: 100-continue",
  " folded",
  "x-a:\t b\xa0 ",
  "x-b: \x00",
  ":",
];

const STARTS = [
  "GET / HTTP/1.1",
  "POST /a?b HTTP/1.1",
  "GET http://127.0.0.1:18900/ HTTP/1.1",
  "HEAD * HTTP/1.0",
];
const STATUSES = [
  "HTTP/1.1 200 OK",
  "HTTP/1.1 200",
  "HTTP/1.0 200 OK",
  "HTTP/1.1 204 No",
  "HTTP/1.1 100 Continue",
];
const MORE_STATUSES = [
  "HTTP/1.1 304 x",
  "HTTP/1.1 101 Switching",
  "HTTP/1.1 503 \xe9",
  "HTTP/2 200",
  "HTTP/1.1 099 x",
];
const BODIES = [
  "hello",
  "",
  "5\r\nhello\r\n0\r\n\r\n",
  '5;a="b;\\""\r\nhello\r\n00\r\nt: 1\r\n\r\n',
  "0\r\n\r\n",
  "ffffffffffffff\r\n",
];

/** What separates and frames. */
const MARKS = [
  "\r\n",
  "\r\n\r\n",
  "\n",
  "\r",
  "0\r\n\r\n",
  "5\r\n",
  ": ",
  ";",
  '"',
  "\\",
  " ",
  "\t",
  "\x00",
  "\x7f",
  "\x0b",
  "\x85",
];
const LONG = ["x".repeat(5000), "x-y: z\r\n".repeat(101), "a".repeat(65_536)];

const COMMON = [...LINES.map((line) => `\r\n${line}`), ...MARKS, ...BODIES, ...LONG];

/** What means something in requests. */
export const REQUEST_WORDS: readonly string[] = [
  ...COMMON,
  ...STARTS,
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/2.0",
  "PRI",
];

/** What means something in answers. */
export const ANSWER_WORDS: readonly string[] = [...COMMON, ...STATUSES, ...MORE_STATUSES];

/** A few requests on one connection, more right than wrong. */
export function makeRequests(chance: Chance): string {
  return Array.from({ length: 1 + chance.below(3) }, () => {
    const lines = [chance.pick(STARTS), chance.pick(LINES.slice(0, 2)), ...chance.some(LINES, 3)];
    return message(lines, chance);
  }).join("");
}

/** An answer, perhaps with early ones before it and something behind it. */
export function makeAnswer(chance: Chance): string {
  const early = chance.once(4) ? "HTTP/1.1 100 Continue\r\n\r\n".repeat(1 + chance.below(18)) : "";
  const start = chance.pick(chance.once(3) ? MORE_STATUSES : STATUSES);
  const rest = chance.once(4) ? chance.pick([...MARKS, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]) : "";
  return early + message([start, ...chance.some(LINES.slice(2), 3)], chance) + rest;
}

/** Mostly with the body that its fields declare. */
function message(lines: readonly string[], chance: Chance): string {
  const head = lines.join("\r\n") + "\r\n\r\n";
  if (chance.once(5)) return head + chance.pick(BODIES);
  if (/chunked/i.test(head)) return head + chance.pick(BODIES.slice(2));
  return /-length: 5\r/.test(head) ? `${head}hello` : head;
}
