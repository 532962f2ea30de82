import assert from "node:assert/strict";
import { type Outcome, readAnswer, readRequests } from "../../support/http_parsing.ts";
import { type Case, splits } from "../../support/llhttp.ts";

/** What is not refused although llhttp has to be told to take it: how many messages we understand, and why. */
const TAKEN: Readonly<Record<string, [messages: number, reason: string]>> = {
  "request sample: bare CR after version, lenient": [0, "the head does not end"],
  "request lenient-header-value-relaxed: space line after start line, relaxed flag": [
    0,
    "the head does not end",
  ],
  "request content-length: CR only before body, lenient": [0, "the head does not end"],
  "request invalid: CR Z after fields, lenient": [0, "the head does not end"],
  "request lenient-headers: form feed in second request, lenient": [1, "only the second is malformed"],
  "request uri: raw utf-8 path, loose build": [1, "the target is looked at when the request is admitted"],
  "request connection: second request after 1.0, lenient": [1, "nothing is read behind HTTP/1.0"],
  "request connection: request after close, lenient": [1, "nothing is read behind close"],
  "response connection: data after close, lenient": [1, "nothing is read behind close"],
  "response connection: response after close, lenient": [1, "nothing is read behind close"],
  "response connection: 204 close then 200, lenient": [1, "nothing is read behind close"],
};

type Read = (pieces: readonly (string | Uint8Array)[]) => Promise<Outcome>;

const READERS: [file: string, read: Read][] = [
  ["requests", readRequests],
  ["responses", (pieces) => readAnswer("GET", pieces)],
];

const seen = new Set<string>();

for (const [file, read] of READERS) {
  const url = new URL(`../../testdata/llhttp/${file}.json`, import.meta.url);
  const cases: Case[] = JSON.parse(await Deno.readTextFile(url));
  const lenient = cases.filter(({ lenient }) => lenient.length > 0);
  for (const { name } of lenient) seen.add(name);

  Deno.test(`${file} that llhttp takes only when it is told to are refused, however they are split`, async (t) => {
    assert.ok(lenient.length > 0);
    for (const { name, input } of lenient) {
      const taken = TAKEN[name];
      await t.step(taken === undefined ? name : `${name}, but: ${taken[1]}`, async () => {
        const whole = await read([input]);
        if (taken === undefined) assert.deepEqual(whole, { messages: [], end: "refused" });
        else assert.equal(whole.messages.length, taken[0]);
        for (const pieces of splits(input)) assert.deepEqual(await read(pieces), whole);
      });
    }
  });
}

Deno.test("every case that is said to be taken is one", () => {
  for (const name of Object.keys(TAKEN)) assert.ok(seen.has(name), name);
});
