import assert from "node:assert/strict";
import { readAnswer } from "../../support/http_parsing.ts";
import { assertAgrees, type Case, splits, strictCases } from "../../support/llhttp.ts";

/** Where we do not agree, and why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  "response sample: RTSP status line": "only HTTP is spoken",
  "response sample: ICE status line": "only HTTP is spoken",
  "response sample: status line 0.9": "only HTTP/1 is spoken",
  "response sample: CRLF before response":
    "a server that sends more than answers is not trusted with the next",
  "response connection: 101 with length": "no upgrade was asked for",
  "response connection: 101 with chunked": "no upgrade was asked for",
  "response connection: 100 then 404": "an empty line stands before the second answer",
  "response connection: 103 then 200, short body": "an early answer is not the answer",
  "response transfer-encoding: chunked before deflate": "no coding but chunked is known",
  "response transfer-encoding: chunked field before identity field": "no coding but chunked is known",
  "response transfer-encoding: coding chunkedchunked": "no coding but chunked is known",
  "response invalid: two CRs after status line": "a bare CR is no white space",
};

function methodOf({ requestMethod, skipBody }: Case): string {
  return requestMethod ?? (skipBody === true ? "HEAD" : "GET");
}

const cases = await strictCases("responses");

Deno.test("answers are understood as llhttp does, or refused", async (t) => {
  for (const one of cases) {
    const reason = DIFFERENCES[one.name];
    await t.step(reason === undefined ? one.name : `${one.name}, but: ${reason}`, async () => {
      const outcome = await readAnswer(methodOf(one), [one.input]);
      if (reason === undefined) assertAgrees(one, outcome);
      else assert.throws(() => assertAgrees(one, outcome), "there is no difference any more");
    });
  }
});

Deno.test("answers are understood in the same way however they are split", async (t) => {
  for (const one of cases) {
    await t.step(one.name, async () => {
      const method = methodOf(one);
      const whole = await readAnswer(method, [one.input]);
      for (const pieces of splits(one.input)) assert.deepEqual(await readAnswer(method, pieces), whole);
    });
  }
});
