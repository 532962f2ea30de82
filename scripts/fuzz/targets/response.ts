import assert from "node:assert/strict";
import { ClientConnection, NoAnswer } from "../../../lib/http/client_connection.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { ScriptedStream } from "../../../tests/support/scripted_stream.ts";
import { asLatin1 } from "../bytes.ts";
import { Chance, seedOf } from "../chance.ts";
import { type FieldLine, valuesOf } from "../oracle/head.ts";
import { answerIn } from "../oracle/messages.ts";
import { arrivals } from "../pieces.ts";
import type { Target } from "../target.ts";
import { drain } from "./http_body.ts";
import { ANSWER_WORDS, makeAnswer } from "./http_words.ts";

/** An answer as a connection gave it. */
interface Given {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly FieldLine[];
  /** `undefined` when it was malformed or broke off. */
  readonly body: string | undefined;
}

/** What became of a request. */
export interface Exchange {
  readonly result: Given | "refused" | "nothing";
  /** Whether the connection was offered for another request. */
  readonly freed: boolean;
  /** What came of another request on it. */
  readonly second: "not tried" | "nothing" | "answered";
}

/** Sends a request to a server that answers with these pieces. */
export type Ask = (method: string, pieces: readonly string[]) => Promise<Exchange>;

/** `UPGRADE` is a GET that asks for another protocol. */
const METHODS = ["GET", "HEAD", "POST", "UPGRADE"];

/** What a provider answers. */
export const response: Target<Ask> = {
  name: "response",
  words: ANSWER_WORDS,
  subject: ask,
  generate: (chance) => [chance.pick(METHODS), makeAnswer(chance)],
  async check([asked = "", text = ""], ask) {
    const method = METHODS.includes(asked) ? asked : "GET";
    const bytes = asLatin1(text);
    const expected = answerIn(bytes, method, method === "UPGRADE");
    for (const pieces of arrivals(bytes, new Chance(seedOf(bytes)))) {
      const { result, freed, second } = await ask(method, pieces);
      if (typeof expected === "string") {
        assert.deepEqual([result, freed], [expected, false], "it is no answer");
        continue;
      }
      const { status, reason, fields, body, keep, rest } = expected;
      assert.deepEqual(result, { status, reason, fields, body }, "it is read in another way");
      // What comes in the same piece is seen at once; what comes later must never become an answer.
      const isLeftOver = rest !== "" && pieces.length === 1;
      if (!keep || isLeftOver) assert.equal(freed, false, "the connection is used again");
      if (keep && rest === "") assert.equal(freed, true, "the connection is not used again");
      assert.notEqual(second, "answered", "what was left over is taken for an answer");
    }
    if (typeof expected === "string") return expected;
    const { status, fields, body, keep, rest } = expected;
    const framed = ["connection", "content-length", "transfer-encoding"].filter((name) =>
      valuesOf(fields, name).length > 0
    );
    return `${method} ${status} ${framed} ${typeof body} ${keep} ${rest !== ""}`;
  },
};

async function ask(method: string, pieces: readonly string[]): Promise<Exchange> {
  let freed = false;
  let closed = 0;
  const connection = new ClientConnection(
    new ScriptedStream(pieces),
    () => {
      assert.equal(freed, false, "it is free twice");
      assert.equal(closed, 0, "it is free after it was closed");
      freed = true;
      connection.idle(Infinity);
    },
    () => void closed++,
    { now: 0 },
  );
  const upgrade = method === "UPGRADE";
  const request = {
    method: upgrade ? "GET" : method,
    target: "/",
    host: "h",
    headers: new FieldList(),
    lines: new Uint8Array(),
  };
  const send = async (): Promise<Exchange["result"]> => {
    try {
      const { status, reason, headers, body } = await connection.exchange({
        ...request,
        body: null,
        upgrade,
      });
      return { status, reason, fields: [...headers], body: await drain(body) };
    } catch (error) {
      if (error instanceof NoAnswer) return "nothing";
      assert.ok(error instanceof ProtocolError, `the request fails with ${error}`);
      return "refused";
    }
  };
  const result = await send();
  const wasFreed = freed;
  freed = false;
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  const second = wasFreed ? await send() : undefined;
  connection.close();
  assert.equal(closed, 1, "it is not closed once");
  return {
    result,
    freed: wasFreed,
    second: second === undefined ? "not tried" : second === "nothing" ? second : "answered",
  };
}
