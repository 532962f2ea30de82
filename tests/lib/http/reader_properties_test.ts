import assert from "node:assert/strict";
import fc from "fast-check";
import { Reader } from "../../../lib/http/reader.ts";
import { forAllAsync } from "../../support/async_property.ts";
import { latin1, ScriptedStream } from "../../support/scripted_stream.ts";

/** What somebody does with a reader. */
type Step = { kind: "take"; count: number } | { kind: "fill" | "begin" | "wait" | "reuse" };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.nat(9000).map((count): Step => ({ kind: "take", count })) },
  { weight: 2, arbitrary: fc.nat(9).map((count): Step => ({ kind: "take", count })) },
  { weight: 4, arbitrary: fc.constantFrom<Step>({ kind: "fill" }, { kind: "begin" }, { kind: "wait" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "reuse" }) },
);

/** How long the pieces are; what they hold is counted through, so that no two places look the same. */
const LENGTHS = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20_000 })), {
  maxLength: 20,
});

function numbered(lengths: readonly number[]): Uint8Array[] {
  let at = 0;
  return lengths.map((length) => Uint8Array.from({ length }, () => (at * 7 + (at++ >> 8)) & 0xff));
}

Deno.test("Reader gives out every byte once, and never changes it before reuse()", async () => {
  await forAllAsync(LENGTHS, fc.array(STEP, { maxLength: 60 }), async (lengths, steps) => {
    const pieces = numbered(lengths);
    const sent = pieces.map(latin1).join("");
    // It fails the test when two reads are under way.
    const reader = new Reader(new ScriptedStream(pieces));
    let given: [bytes: Uint8Array, text: string][] = [];
    let taken = 0;
    let filling: Promise<unknown> = Promise.resolve();
    for (const step of steps) {
      if (step.kind === "take") {
        const bytes = reader.take(Math.min(step.count, reader.length));
        given.push([bytes, sent.slice(taken, taken + bytes.length)]);
        taken += bytes.length;
      } else if (step.kind === "reuse") {
        reader.reuse();
        given = [];
      } else if (step.kind === "begin") {
        filling = reader.fill();
      } else if (step.kind === "wait") {
        await filling;
      } else {
        await reader.fill();
      }
      for (const [bytes, text] of given) assert.equal(latin1(bytes), text);
      assert.equal(latin1(reader.view()), sent.slice(taken, taken + reader.length));
    }
    await filling;
    while (await reader.fill());
    for (const [bytes, text] of given) assert.equal(latin1(bytes), text);
    assert.equal(latin1(reader.view()), sent.slice(taken));
  });
});

Deno.test("Reader gives the same bytes to one who reuses it after every piece", async () => {
  await forAllAsync(LENGTHS, fc.nat(9000), async (lengths, most) => {
    const pieces = numbered(lengths);
    const sent = pieces.map(latin1).join("");
    const reader = new Reader(new ScriptedStream(pieces));
    let got = "";
    do {
      while (reader.length > 0) got += latin1(reader.take(Math.min(most + 1, reader.length)));
      reader.reuse();
    } while (await reader.fill());
    assert.equal(got, sent);
  });
});
