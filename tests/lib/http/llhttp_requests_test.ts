import assert from "node:assert/strict";
import { readRequests } from "../../support/http_parsing.ts";
import { assertAgrees, splits, strictCases } from "../../support/llhttp.ts";

/** Where we do not agree, and why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  "request sample: request line without version": "HTTP/0.9 is not spoken",
  "request lenient-host-header: two Host fields": "one of them could be ours and one not",
  "request method: CONNECT with Content-Length":
    "llhttp leaves the tunnel to its caller; no tunnel is made here",
  "request method: SOURCE over ICE": "only HTTP is spoken",
  "request method: OPTIONS over RTSP": "only HTTP is spoken",
  "request method: ANNOUNCE over RTSP": "only HTTP is spoken",
  "request method: h2 preface with 1.1": "PRI is a method like any other, which is refused later",
  "request uri: raw utf-8 path, strict": "the target is looked at when the request is admitted",
  "request uri: userinfo in absolute target": "the comparison takes the authority away",
  "request content-length: bodies skipped, two requests": "no body is skipped here",
  "request transfer-encoding: deflate then chunked": "no coding but chunked is known",
  "request transfer-encoding: deflate field then chunked field": "no coding but chunked is known",
  "request invalid: ANNOUNCE over HTTP": "every method is read, and looked at when the request is admitted",
  "request invalid: letter after known method":
    "every method is read, and looked at when the request is admitted",
};

const cases = await strictCases("requests");

Deno.test("requests are understood as llhttp does, or refused", async (t) => {
  for (const one of cases) {
    const reason = DIFFERENCES[one.name];
    await t.step(reason === undefined ? one.name : `${one.name}, but: ${reason}`, async () => {
      const outcome = await readRequests([one.input]);
      if (reason === undefined) assertAgrees(one, outcome);
      else assert.throws(() => assertAgrees(one, outcome), "there is no difference any more");
    });
  }
});

Deno.test("requests are understood in the same way however they are split", async (t) => {
  for (const { name, input } of cases) {
    await t.step(name, async () => {
      const whole = await readRequests([input]);
      for (const pieces of splits(input)) assert.deepEqual(await readRequests(pieces), whole);
    });
  }
});
