import assert from "node:assert/strict";
import { FramedBody } from "../../../lib/http/body.ts";
import { WriteError } from "../../../lib/http/byte_stream.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { Reader } from "../../../lib/http/reader.ts";
import { RequestBody } from "../../../lib/http/request_body.ts";
import { settle } from "../../support/fake_clock.ts";
import { latin1, ScriptedStream } from "../../support/scripted_stream.ts";

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

type Framing = ConstructorParameters<typeof FramedBody>[1];

/** A body of which the first piece is in hand. */
async function bodyOf(framing: Framing, inHand: string, waits: boolean, end: "end" | "wait" = "wait") {
  const stream = new ScriptedStream([inHand], end);
  const reader = new Reader(stream);
  if (inHand !== "") await reader.fill();
  const framed = new FramedBody(reader, framing, () => {});
  // Whatever more the constructor takes is of the connection.
  const Made = RequestBody as unknown as new (...args: unknown[]) => RequestBody;
  return { stream, body: new Made(framed, waits ? stream : undefined, () => {}) };
}

async function textOf(body: RequestBody): Promise<string> {
  let text = "";
  for (let part = await body.read(); part !== undefined; part = await body.read()) text += latin1(part);
  return text;
}

const ASKED: [what: string, framing: Framing, inHand: string, later: string, text: string, asked: boolean][] =
  [
    ["nothing is there", 3, "", "abc", "abc", true],
    ["half is there", 3, "ab", "c", "abc", true],
    ["all is there", 3, "abc", "", "abc", false],
    ["all is there and more", 3, "abcGET /", "", "abc", false],
    ["no chunk is there", "chunked", "", "1\r\na\r\n0\r\n\r\n", "a", true],
    ["all chunks are there", "chunked", "1\r\na\r\n0\r\n\r\n", "", "a", false],
    ["the last chunk is missing", "chunked", "1\r\na\r\n", "0\r\n\r\n", "a", true],
  ];

Deno.test("RequestBody asks the client for what is missing, once, when somebody reads", async (t) => {
  for (const [what, framing, inHand, later, text, asked] of ASKED) {
    for (const waits of [true, false]) {
      await t.step(
        `${what}, ${waits ? "and the client waits" : "and the client does not wait"}`,
        async () => {
          const { stream, body } = await bodyOf(framing, inHand, waits);
          assert.equal(stream.written, "");
          const whole = textOf(body);
          await settle();
          for (const byte of later) {
            stream.send(byte);
            await settle();
          }
          assert.equal(await whole, text);
          assert.equal(stream.written, asked && waits ? CONTINUE : "");
          assert.ok(body.done);
        },
      );
    }
  }
});

Deno.test("RequestBody asks nothing of the client for a look at what is in hand", async () => {
  const { stream, body } = await bodyOf(3, "", true);
  assert.equal(body.take(), undefined);
  assert.equal(body.skipInHand(), false);
  assert.deepEqual([stream.written, body.length, body.done], ["", 3, false]);
});

Deno.test("RequestBody rejects when", async (t) => {
  await t.step("the client can't be asked", async () => {
    const { stream, body } = await bodyOf(3, "", true);
    stream.close();
    await assert.rejects(body.read(), WriteError);
  });
  for (const inHand of ["", "ab"]) {
    await t.step(`it breaks off behind ${inHand.length} bytes`, async () => {
      const { body } = await bodyOf(3, inHand, false, "end");
      await assert.rejects(textOf(body), ProtocolError);
      assert.equal(body.done, false);
    });
  }
  await t.step("it is malformed", async () => {
    const { body } = await bodyOf("chunked", "x\r\n", false);
    await assert.rejects(textOf(body), ProtocolError);
  });
});

const SKIPPED: [what: string, framing: Framing, inHand: string, isAll: boolean][] = [
  ["all of it", 3, "abc", true],
  ["all of it, and the next request", 3, "abcGET /", true],
  ["half of it", 3, "ab", false],
  ["nothing of it", 3, "", false],
  ["all chunks", "chunked", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", true],
  ["no last chunk", "chunked", "1\r\na\r\n", false],
  ["half of the trailers", "chunked", "0\r\nx: y\r\n", false],
  ["a malformed chunk", "chunked", "x\r\n", false],
];

Deno.test("skipInHand() says whether that was all", async (t) => {
  for (const [what, framing, inHand, isAll] of SKIPPED) {
    await t.step(what, async () => {
      const { stream, body } = await bodyOf(framing, inHand, true);
      assert.equal(body.skipInHand(), isAll);
      assert.equal(body.done, isAll);
      assert.equal(body.isComing, false);
      assert.equal(stream.written, "");
    });
  }
});
