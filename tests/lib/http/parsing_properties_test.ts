import assert from "node:assert/strict";
import fc from "fast-check";
import { FramedBody } from "../../../lib/http/body.ts";
import { requestFraming, responseFraming } from "../../../lib/http/framing.ts";
import { parseRequestHead, parseResponseHead } from "../../../lib/http/head.ts";
import { Reader } from "../../../lib/http/reader.ts";
import { arbitraryMessage, chunks, type Sample } from "../../support/arbitrary_message.ts";
import { forAllAsync } from "../../support/async_property.ts";
import { restOf } from "../../support/http_body.ts";
import { latin1, ScriptedStream } from "../../support/scripted_stream.ts";

const CUTS = fc.array(fc.nat(6000), { maxLength: 12 });

const METHOD = fc.string({ unit: fc.constantFrom(..."!#-.|~0Zaz"), minLength: 1, maxLength: 32 });
const TARGET = fc.string({ unit: fc.constantFrom(..."/?#%:@*azZ0\x80\xff"), minLength: 1, maxLength: 50 });
const REQUEST_LINE = fc.tuple(METHOD, TARGET).map(([method, target]) => `${method} ${target} HTTP/1.1`);

const STATUS = fc.integer({ min: 200, max: 999 }).filter((status) => status !== 204 && status !== 304);
const REASON = fc.string({ unit: fc.constantFrom(..."\t OK:\x80\xff"), maxLength: 20 });
const STATUS_LINE = fc.tuple(STATUS, REASON).map(([status, reason]) => `HTTP/1.1 ${status} ${reason}`);

async function textOf(body: FramedBody): Promise<string> {
  let text = "";
  for (let part = await body.read(); part !== undefined; part = await body.read()) text += latin1(part);
  return text;
}

Deno.test("requests, one behind the other, are read as they were meant, however they are split", async () => {
  const samples = fc.array(arbitraryMessage(REQUEST_LINE, false), { minLength: 1, maxLength: 3 });
  await forAllAsync(samples, CUTS, async (samples, cuts) => {
    const reader = new Reader(new ScriptedStream(chunks(samples.map(({ coded }) => coded).join(""), cuts)));
    for (const { start, pairs, framing, body } of samples) {
      const head = parseRequestHead((await reader.head())!);
      assert.equal(`${head.method} ${head.target} HTTP/1.${head.minor}`, start);
      assert.deepEqual([...head.fields], pairs);
      assert.equal(requestFraming(head), framing);
      assert.equal(await textOf(new FramedBody(reader, framing, () => reader.reuse())), body);
    }
    assert.equal(await restOf(reader), "");
  });
});

async function assertRead(reader: Reader, { start, pairs, framing, body }: Sample): Promise<void> {
  const head = parseResponseHead((await reader.head())!);
  assert.equal(`HTTP/1.${head.minor} ${head.status} ${head.reason}`, start);
  assert.deepEqual([...head.fields], pairs);
  assert.equal(responseFraming("GET", head), framing);
  assert.equal(responseFraming("HEAD", head), 0);
  assert.equal(await textOf(new FramedBody(reader, framing, () => {})), body);
}

Deno.test("an answer is read as it was meant, however it is split, and nothing behind it", async () => {
  const rest = fc.constantFrom("", "\r\n", "HTTP/1.1 200 OK\r\n\r\n", "0\r\n\r\n");
  await forAllAsync(arbitraryMessage(STATUS_LINE, true), rest, CUTS, async (sample, rest, cuts) => {
    const behind = sample.framing === "until_close" ? "" : rest;
    const reader = new Reader(new ScriptedStream(chunks(sample.coded + behind, cuts)));
    await assertRead(reader, sample);
    assert.equal(await restOf(reader), behind);
  });
});

Deno.test("a message that is cut anywhere is never read as a whole one", async () => {
  await forAllAsync(
    arbitraryMessage(REQUEST_LINE, false),
    fc.nat(),
    async ({ coded, framing, body }, cut) => {
      const reader = new Reader(new ScriptedStream([coded.slice(0, cut % coded.length)]));
      const text = await reader.head();
      if (text === undefined) return assert.equal(reader.ended, true);
      assert.equal(requestFraming(parseRequestHead(text)), framing);
      const read = new FramedBody(reader, framing, () => {});
      if (framing === 0) return assert.equal(cut % coded.length, coded.length - body.length);
      await assert.rejects(textOf(read), /breaks off/);
    },
  );
});
