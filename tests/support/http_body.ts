import { FramedBody } from "../../lib/http/body.ts";
import { type Framing, requestFraming } from "../../lib/http/framing.ts";
import { parseRequestHead } from "../../lib/http/head.ts";
import { ProtocolError } from "../../lib/http/protocol_error.ts";
import { Reader } from "../../lib/http/reader.ts";
import { bytesOf, latin1, ScriptedStream } from "./scripted_stream.ts";

/** What became of a body. */
export interface BodyOutcome {
  readonly end: "whole" | "refused" | "cut";
  /** Nothing for one that was refused, where it depends on the pieces how much was given out before. */
  readonly data: string;
  /** What came behind it. */
  readonly rest: string;
}

/** Reads a body from these pieces. Rejects with whatever is no {@linkcode ProtocolError}. */
export async function readBody(
  framing: Framing,
  pieces: readonly (string | Uint8Array)[],
): Promise<BodyOutcome> {
  const reader = new Reader(new ScriptedStream(pieces));
  const body = new FramedBody(reader, framing, () => {});
  let data = "";
  try {
    for (let part = await body.read(); part !== undefined; part = await body.read()) data += latin1(part);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return /breaks off/.test(error.message)
      ? { end: "cut", data, rest: "" }
      : { end: "refused", data: "", rest: "" };
  }
  return { end: "whole", data, rest: await restOf(reader) };
}

/**
 * Reads requests until one is malformed or none follows, without the connection around them, which would swallow
 * whatever else is thrown.
 */
export async function readBareRequests(pieces: readonly (string | Uint8Array)[]): Promise<string[]> {
  const reader = new Reader(new ScriptedStream(pieces));
  const seen: string[] = [];
  try {
    for (let text = await reader.head(); text !== undefined; text = await reader.head()) {
      const body = new FramedBody(reader, requestFraming(parseRequestHead(text)), () => {});
      let data = "";
      for (let part = await body.read(); part !== undefined; part = await body.read()) data += latin1(part);
      seen.push(text, data);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    seen.push(error.message);
  }
  return seen;
}

/** All that a reader still gives. */
export async function restOf(reader: Reader): Promise<string> {
  while (await reader.fill());
  return latin1(reader.take(reader.length));
}

/** Every way to split the bytes in two, none, and all of them apart. */
export function splits(input: string): Uint8Array[][] {
  const bytes = bytesOf(input);
  const apart = Array.from(bytes, (byte) => Uint8Array.of(byte));
  return [[bytes], ...apart.slice(1).map((_, i) => [bytes.slice(0, i + 1), bytes.slice(i + 1)]), apart];
}
