import assert from "node:assert/strict";
import { within } from "./browser/within.ts";
import { rawRequest, sendRaw } from "./raw.ts";
import type { Scene } from "./scene.ts";

/** How long all answers may take, in milliseconds. */
const LIMIT = 20_000;

/** With them a GET asks for a WebSocket (RFC 6455, section 4.1). */
export const WEBSOCKET = {
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

/** A request for a WebSocket. What else is asked for behind it closes the connection. */
export function webSocketRequest(line: string, headers: Readonly<Record<string, string>>): string {
  const fields = Object.entries({ ...headers, connection: "Upgrade", ...WEBSOCKET });
  return `${line} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** The statuses of all answers to these bytes. */
export async function statusesOf(port: number, bytes: string): Promise<number[]> {
  return (await answersTo(port, bytes)).map((answer) => Number(/^\S+ (\d+)/.exec(answer)![1]));
}

/**
 * Checks that bytes are answered once, and with this status; that nothing arrives at a provider, nothing can be read
 * by a page, and nothing of what was sent is repeated; and that the proxy goes on.
 *
 * @param hidden what the answer must not repeat, beside the token
 */
export async function assertRefused(
  { proxy: { port }, providers, token }: Scene,
  bytes: string,
  status: number,
  hidden: readonly string[] = [],
): Promise<void> {
  providers.received.length = 0;
  const health = rawRequest("GET /health", { host: `127.0.0.1:${port}` });
  const asksForUpgrade = bytes.includes(WEBSOCKET["sec-websocket-key"]);
  const answers = await answersTo(port, asksForUpgrade ? bytes + health : bytes);
  const [answer = "", second] = answers;
  assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), `of ${answers.length} answers`);
  assert.equal(answers.length, second !== undefined && asksForUpgrade ? 2 : 1);
  if (second !== undefined) assert.match(second, /^HTTP\/1\.1 200 [^]*"status":"ok"/);
  assert.doesNotMatch(answer, /access-control|set-cookie|^location:|^upgrade:/im);
  assert.match(answer, /\r\nx-content-type-options: nosniff\r\n[^]*\r\n\r\n\{"/);
  for (const text of [token, ...hidden]) assert.ok(!answer.includes(text), `the answer repeats ${text}`);
  assert.equal((await sendRaw(port, health)).status, 200);
  assert.equal(providers.received.length, 0);
}

async function answersTo(port: number, bytes: string): Promise<string[]> {
  const answering = sendRaw(port, bytes);
  const { head, body } = await within(LIMIT, answering, () => "the connection was not closed");
  return head === "" ? [] : `${head}\r\n\r\n${body}`.split(/(?=HTTP\/1\.1 \d{3} )/);
}
