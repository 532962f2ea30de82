import assert from "node:assert/strict";
import { BytesBody, FramedBody } from "../../../lib/http/body.ts";
import type { Framing } from "../../../lib/http/framing.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { Reader } from "../../../lib/http/reader.ts";
import { type BodyOutcome, readBody, splits } from "../../support/http_body.ts";
import { bytesOf, latin1, ScriptedStream } from "../../support/scripted_stream.ts";

const OUTCOMES: [framing: Framing, bytes: string, outcome: BodyOutcome][] = [
  [0, "", { end: "whole", data: "", rest: "" }],
  [0, "next", { end: "whole", data: "", rest: "next" }],
  [3, "abc", { end: "whole", data: "abc", rest: "" }],
  [3, "abcnext", { end: "whole", data: "abc", rest: "next" }],
  [3, "\r\n\r\n", { end: "whole", data: "\r\n\r", rest: "\n" }],
  [3, "ab", { end: "cut", data: "ab", rest: "" }],
  [3, "", { end: "cut", data: "", rest: "" }],
  [999_999_999_999_999, "abc", { end: "cut", data: "abc", rest: "" }],
  ["until_close", "", { end: "whole", data: "", rest: "" }],
  ["until_close", "abc\r\n\r\n", { end: "whole", data: "abc\r\n\r\n", rest: "" }],
  ["until_close", "0\r\n\r\n", { end: "whole", data: "0\r\n\r\n", rest: "" }],
  ["chunked", "1\r\na\r\n0\r\n\r\nnext", { end: "whole", data: "a", rest: "next" }],
  ["chunked", "", { end: "cut", data: "", rest: "" }],
  ["chunked", "3\r\nab", { end: "cut", data: "ab", rest: "" }],
  ["chunked", "x", { end: "refused", data: "", rest: "" }],
];

Deno.test("FramedBody takes what is its own, however it comes", async (t) => {
  for (const [framing, bytes, outcome] of OUTCOMES) {
    await t.step(`${framing} ${JSON.stringify(bytes)}`, async () => {
      for (const pieces of splits(bytes)) assert.deepEqual(await readBody(framing, pieces), outcome);
    });
  }
});

function framed(framing: Framing, pieces: string[], end: "end" | "fail" | "wait" = "end") {
  const stream = new ScriptedStream(pieces, end);
  const reader = new Reader(stream);
  const ends: boolean[] = [];
  return { stream, reader, ends, body: new FramedBody(reader, framing, (isWhole) => ends.push(isWhole)) };
}

const LENGTHS: [framing: Framing, length: number | undefined][] = [
  [0, 0],
  [7, 7],
  ["chunked", undefined],
  ["until_close", undefined],
];

Deno.test("FramedBody knows its length where that is declared, and is done before it is read only when empty", () => {
  for (const [framing, length] of LENGTHS) {
    const { body, ends } = framed(framing, []);
    assert.deepEqual([body.length, body.done, ends], [length, length === 0, []]);
  }
});

const WHOLE: [framing: Framing, pieces: string[]][] = [
  [0, []],
  [3, ["abc"]],
  [3, ["ab", "c"]],
  ["chunked", ["1\r\na\r\n0\r\n\r\n"]],
  ["chunked", ["0\r\n", "\r\n"]],
  ["until_close", ["abc"]],
  ["until_close", []],
];

Deno.test("FramedBody says once that it is over, when its last piece is not needed any more", async (t) => {
  for (const [framing, pieces] of WHOLE) {
    await t.step(`${framing} ${JSON.stringify(pieces)}`, async () => {
      const { body, ends } = framed(framing, pieces);
      while (await body.read() !== undefined) assert.deepEqual(ends, []);
      assert.deepEqual(ends, [true]);
      assert.equal(body.done, true);
      assert.equal(body.take(), undefined);
      assert.equal(await body.read(), undefined);
      body.cancel();
      assert.deepEqual(ends, [true]);
    });
  }
});

Deno.test("FramedBody says once that it is not wanted", async () => {
  const { body, ends } = framed(6, ["abc", "def"]);
  assert.equal(latin1((await body.read())!), "abc");
  body.cancel();
  body.cancel();
  assert.deepEqual(ends, [false]);
  assert.equal(latin1((await body.read())!), "def");
  assert.equal(await body.read(), undefined);
  assert.deepEqual(ends, [false]);
});

Deno.test("FramedBody does not say that it is over when it breaks off", async (t) => {
  for (const [framing, bytes] of [[9, "abc"], ["chunked", "3\r\nabc"], ["chunked", "x"]] as const) {
    await t.step(`${framing} ${bytes}`, async () => {
      const { body, ends } = framed(framing, [bytes]);
      await assert.rejects(async () => {
        while (await body.read() !== undefined);
      }, ProtocolError);
      assert.deepEqual([ends, body.done], [[], false]);
    });
  }
});

Deno.test("FramedBody rejects with what the connection fails with", async (t) => {
  for (const framing of [9, "chunked", "until_close"] as const) {
    await t.step(String(framing), async () => {
      const { body } = framed(framing, ["4\r\nab"], "fail");
      assert.ok((await body.read())!.length > 0);
      await assert.rejects(body.read(), /^Error: reset$/);
      assert.equal(body.done, false);
    });
  }
});

Deno.test("take() gives only what is in hand", async () => {
  const { body, reader } = framed("chunked", ["2\r\nab\r\n3\r\n", "cde\r", "\n0\r\n\r\nnext"], "wait");
  assert.equal(body.take(), undefined);
  await reader.fill();
  assert.equal(latin1(body.take()!), "ab");
  assert.equal(body.take(), undefined);
  await reader.fill();
  assert.equal(latin1(body.take()!), "cde");
  assert.deepEqual([body.take(), body.done], [undefined, false]);
  await reader.fill();
  assert.deepEqual([body.take(), body.done], [undefined, true]);
  assert.equal(latin1(reader.view()), "next");
});

const PARTS: [parts: string[], whole: string[]][] = [
  [[], []],
  [[""], []],
  [["abc"], ["abc"]],
  [["a", "", "bc", ""], ["a", "bc"]],
];

Deno.test("BytesBody gives its parts, and no empty ones", async (t) => {
  for (const [parts, whole] of PARTS) {
    await t.step(JSON.stringify(parts), async () => {
      const body = new BytesBody(...parts.map(bytesOf));
      assert.equal(body.length, whole.join("").length);
      const given: string[] = [];
      while (!body.done) given.push(latin1((await body.read())!));
      assert.deepEqual(given, whole);
      assert.equal(body.take(), undefined);
      assert.equal(await body.read(), undefined);
      assert.equal(body.length, whole.join("").length);
    });
  }
  await t.step("none when cancelled", () => {
    const body = new BytesBody(bytesOf("abc"));
    body.cancel();
    assert.deepEqual([body.take(), body.done], [undefined, true]);
  });
});

Deno.test("FramedBody takes as many bytes as it may, and not one more, however they come", async () => {
  const limits = { most: 4, onWait() {} };
  const read = async (coded: string, pieces: readonly Uint8Array[]) => {
    const body = new FramedBody(new Reader(new ScriptedStream(pieces)), "chunked", () => {}, limits);
    let length = 0;
    try {
      for (let part = await body.read(); part !== undefined; part = await body.read()) length += part.length;
      return `${length} whole`;
    } catch (error) {
      assert.ok(error instanceof ProtocolError, coded);
      assert.equal(body.refusal, error);
      return error.status;
    }
  };
  const rows: [coded: string, outcome: string | number][] = [
    ["4\r\nabcd\r\n0\r\n\r\n", "4 whole"],
    ["2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", "4 whole"],
    ["5\r\nabcde\r\n0\r\n\r\n", 413],
    ["3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 413],
  ];
  for (const [coded, outcome] of rows) {
    for (const pieces of splits(coded)) assert.equal(await read(coded, pieces), outcome);
  }
});
