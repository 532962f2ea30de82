import assert from "node:assert/strict";
import type { Outcome } from "./http_parsing.ts";
import { bytesOf } from "./scripted_stream.ts";

/** One case of tests/testdata/llhttp, as far as it is used here. */
export interface Case {
  readonly name: string;
  /** One character a byte. */
  readonly input: string;
  /** Empty for a strict case. */
  readonly lenient: readonly string[];
  readonly requestMethod?: string;
  readonly skipBody?: boolean;
  readonly llhttp: {
    readonly messages: readonly {
      readonly method?: string;
      readonly url?: string;
      readonly status?: number;
      readonly headers: readonly (readonly [string, string])[];
      readonly body: string;
      readonly complete: boolean;
    }[];
    readonly error: string | null;
  };
}

/** The strict cases of a file. */
export async function strictCases(file: "requests" | "responses"): Promise<Case[]> {
  const url = new URL(`../testdata/llhttp/${file}.json`, import.meta.url);
  const cases: Case[] = JSON.parse(await Deno.readTextFile(url));
  return cases.filter(({ lenient }) => lenient.length === 0);
}

/**
 * Fails unless we understood what llhttp did: its messages and no others, and none where it refuses. An input that ends
 * before a message is whole gives none.
 */
export function assertAgrees({ llhttp }: Case, { messages, end }: Outcome): void {
  const refuses = llhttp.error !== null && !llhttp.error.includes("PAUSED");
  const theirs = llhttp.messages.map((message) => ({
    start: message.method === undefined ? String(message.status) : `${message.method} ${message.url}`,
    fields: message.headers.map(([name, value]) => [name.toLowerCase(), value.trim()]),
    body: message.body,
  }));
  const ours = messages.map(({ start, fields, body }) => ({ start: withoutHost(start), fields, body }));
  assert.deepEqual(ours, theirs.slice(0, ours.length));
  if (refuses) return assert.ok(end === "refused" || ours.length <= theirs.length);
  assert.equal(end, "over");
  const whole = llhttp.messages.filter(({ complete }) => complete);
  assert.ok(ours.length >= Math.min(whole.length, whole[0]?.status === undefined ? Infinity : 1));
}

/** Every way to split the bytes in two, and all of them apart. */
export function splits(input: string): Uint8Array[][] {
  const bytes = bytesOf(input);
  const apart = Array.from(bytes, (byte) => Uint8Array.of(byte));
  return [[bytes], ...apart.slice(1).map((_, i) => [bytes.slice(0, i + 1), bytes.slice(i + 1)]), apart];
}

/** A target as it was sent: the Host field was put before it. */
function withoutHost(start: string): string {
  return start.replace(/^(\S+) http:\/\/[^/]*\/(\*$)?/, (_, method, star) => `${method} ${star ?? "/"}`);
}
