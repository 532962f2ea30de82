import assert from "node:assert/strict";
import { Reader } from "../../../lib/http/reader.ts";
import { restOf, splits } from "../../support/http_body.ts";
import { latin1, ScriptedStream } from "../../support/scripted_stream.ts";

const HEADS: [bytes: string, heads: string[], rest: string][] = [
  ["", [], ""],
  ["a: b\r\n\r\n", ["a: b\r\n\r\n"], ""],
  ["a: b\r\n\r\nrest", ["a: b\r\n\r\n"], "rest"],
  ["a\r\n\r\nb\r\n\r\n", ["a\r\n\r\n", "b\r\n\r\n"], ""],
  ["a\r\n\r\nb\r\nc\r\n\r\n\r\n", ["a\r\n\r\n", "b\r\nc\r\n\r\n"], "\r\n"],
  ["\xe9\xef\xbb\xbf\r\n\r\n\xc3\xa9\r\n\r\n", ["\xe9\xef\xbb\xbf\r\n\r\n", "\xc3\xa9\r\n\r\n"], ""],
  ["a", [], "a"],
  ["a\r\n\r", [], "a\r\n\r"],
  ["a: b\r\n", [], "a: b\r\n"],
];

Deno.test("head() gives every head, and leaves the rest, however it comes", async (t) => {
  for (const [bytes, heads, rest] of HEADS) {
    await t.step(JSON.stringify(bytes), async () => {
      for (const pieces of splits(bytes)) {
        const reader = new Reader(new ScriptedStream(pieces));
        const read: string[] = [];
        for (let text = await reader.head(); text !== undefined; text = await reader.head()) read.push(text);
        assert.deepEqual([read, latin1(reader.view()), reader.ended], [heads, rest, true]);
      }
    });
  }
});

Deno.test("headInHand() reads nothing", async () => {
  const stream = new ScriptedStream(["a\r\n\r", "\nb"], "wait");
  const reader = new Reader(stream);
  assert.equal(reader.headInHand(), undefined);
  await reader.fill();
  assert.deepEqual([reader.headInHand(), reader.length], [undefined, 4]);
  await reader.fill();
  assert.equal(reader.headInHand(4), "a\r\n\r\n");
  assert.equal(latin1(reader.view()), "b");
});

Deno.test("fill() reads once at a time, and only when asked", async () => {
  const stream = new ScriptedStream([], "wait");
  const reader = new Reader(stream);
  const both = [reader.fill(), reader.fill()];
  assert.equal(both[0], both[1]);
  stream.send("abc");
  assert.deepEqual(await Promise.all(both), [true, true]);
  stream.send("def");
  assert.equal(latin1(reader.view()), "abc");
  assert.equal(await reader.fill(), true);
  assert.equal(latin1(reader.view()), "abcdef");
});

Deno.test("take() gives what was asked of what is in hand", async () => {
  const reader = new Reader(new ScriptedStream(["abcdef"]));
  assert.equal(reader.take(0).length, 0);
  await reader.fill();
  assert.equal(latin1(reader.take(2)), "ab");
  assert.equal(latin1(reader.view()), "cdef");
  assert.equal(reader.take(0).length, 0);
  assert.equal(latin1(reader.take(reader.length)), "cdef");
  assert.equal(reader.length, 0);
});

Deno.test("fill() knows no more when the other side has ended", async () => {
  const reader = new Reader(new ScriptedStream(["abc"]));
  assert.equal(reader.ended, false);
  assert.deepEqual([await reader.fill(), reader.ended], [true, false]);
  assert.deepEqual([await reader.fill(), reader.ended], [false, true]);
  assert.equal(await reader.fill(), false);
  assert.equal(latin1(reader.view()), "abc");
});

Deno.test("fill() rejects once the connection fails, and what came before stays", async () => {
  const reader = new Reader(new ScriptedStream(["abc"], "fail"));
  await reader.fill();
  await assert.rejects(reader.fill(), /^Error: reset$/);
  assert.equal(reader.ended, true);
  assert.equal(latin1(reader.view()), "abc");
});

Deno.test("head() rejects when the connection fails", async () => {
  await assert.rejects(new Reader(new ScriptedStream(["a\r\n"], "fail")).head(), /^Error: reset$/);
  await assert.rejects(new Reader(new ScriptedStream([], "fail")).head(), /^Error: reset$/);
});

/** Says how large the buffers are that it is given. */
class MeasuringStream extends ScriptedStream {
  readonly rooms: number[] = [];

  override read(buffer: Uint8Array): Promise<number | null> {
    this.rooms.push(buffer.length);
    return super.read(buffer);
  }
}

Deno.test("a long body is read in larger and larger pieces, up to a limit", async () => {
  const stream = new MeasuringStream(["x".repeat(1_000_000)]);
  const reader = new Reader(stream);
  while (await reader.fill()) {
    reader.take(reader.length);
    reader.reuse();
  }
  assert.deepEqual(stream.rooms.slice(0, 5), [4096, 16_384, 65_536, 131_072, 131_072]);
  assert.equal(Math.max(...stream.rooms), 131_072);
});

Deno.test("short messages never make the buffer grow", async () => {
  const stream = new MeasuringStream(Array.from({ length: 50 }, () => "x".repeat(4000)));
  const reader = new Reader(stream);
  while (await reader.fill()) {
    reader.take(reader.length);
    reader.reuse();
  }
  assert.deepEqual(new Set(stream.rooms), new Set([4096]));
});

Deno.test("pieces that are all kept in use are kept in as many buffers of the same size", async () => {
  const stream = new MeasuringStream(Array.from({ length: 50 }, () => "x".repeat(900)));
  const reader = new Reader(stream);
  while (await reader.fill()) reader.take(reader.length);
  assert.ok(stream.rooms.every((room) => room >= 1024 && room <= 4096));
});

Deno.test("what is in hand and not taken makes the buffer grow until it fits", async () => {
  const text = Array.from({ length: 40_000 }, (_, i) => String.fromCharCode(i % 251)).join("");
  const stream = new MeasuringStream([text]);
  const reader = new Reader(stream);
  assert.equal(await restOf(reader), text);
  assert.ok(stream.rooms.every((room) => room >= 1024));
});

Deno.test("reuse() changes nothing while bytes are in hand, or a read is under way", async () => {
  const stream = new ScriptedStream(["abcd"], "wait");
  const reader = new Reader(stream);
  await reader.fill();
  const first = reader.take(2);
  reader.reuse();
  assert.equal(latin1(reader.view()), "cd");
  const second = reader.take(2);
  const filling = reader.fill();
  reader.reuse();
  stream.send("efgh");
  await filling;
  assert.deepEqual([first, second, reader.view()].map(latin1), ["ab", "cd", "efgh"]);
});
