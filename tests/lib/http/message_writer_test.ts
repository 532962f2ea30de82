import assert from "node:assert/strict";
import { type Body, BytesBody } from "../../../lib/http/body.ts";
import { WriteError } from "../../../lib/http/byte_stream.ts";
import { MessageWriter } from "../../../lib/http/message_writer.ts";
import { duplex } from "../../support/duplex.ts";
import { settle } from "../../support/fake_clock.ts";
import { bytesOf, latin1 } from "../../support/scripted_stream.ts";

const HEAD = "GET / HTTP/1.1\r\nx: \xe9\r\n";
const LINES = bytesOf("k: v\r\n");
const BEGIN = `${HEAD}k: v\r\n\r\n`;

/** A body whose pieces stand in one buffer each time, as those of a connection do. */
function reusing(parts: readonly string[], inHand: boolean): Body {
  const left = [...parts];
  const buffer = new Uint8Array(Math.max(0, ...parts.map(({ length }) => length)));
  const next = () => {
    buffer.fill(63);
    const part = left.shift();
    if (part === undefined) return undefined;
    buffer.set(bytesOf(part));
    return buffer.subarray(0, part.length);
  };
  return {
    length: undefined,
    get done() {
      return left.length === 0;
    },
    take: () => inHand ? next() : undefined,
    read: () => Promise.resolve(next()),
    cancel() {},
  };
}

function chunked(parts: readonly string[]): string {
  return parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("") + "0\r\n\r\n";
}

const BODIES: [what: string, parts: readonly string[]][] = [
  ["nothing", []],
  ["one byte", ["a"]],
  ["three pieces", ["a", "bb", "ccc"]],
  ["sixteen bytes", ["0123456789abcdef"]],
  ["what just fits beside a head", ["x".repeat(16_384)]],
  ["what does not", ["x".repeat(16_385)]],
  ["a large piece between small ones", ["a", "y".repeat(131_072), "b"]],
];

Deno.test("write() gives the same bytes however much the stream takes at a time", async (t) => {
  for (const [what, parts] of BODIES) {
    for (const perWrite of [Infinity, 4093, parts.join("").length < 100 ? 1 : 997]) {
      for (const inHand of [true, false]) {
        await t.step(
          `${what}, ${perWrite} at a time, ${inHand ? "in hand" : "to be waited for"}`,
          async () => {
            for (const isChunked of [true, false]) {
              const [end] = duplex({ perWrite });
              const told: number[] = [];
              const body = reusing(parts, inHand);
              await new MessageWriter(end).write(HEAD, LINES, body, isChunked, (count) => told.push(count));
              const content = isChunked ? chunked(parts) : parts.join("");
              assert.ok(end.writes.join("") === BEGIN + content, "other bytes");
              assert.deepEqual(told, parts.map(({ length }) => length));
            }
          },
        );
      }
    }
  }
});

Deno.test("write() takes as few writes as can be", async (t) => {
  const rows: [what: string, body: Body | null, isChunked: boolean, writes: number][] = [
    ["no body", null, false, 1],
    ["an empty one", new BytesBody(), false, 1],
    ["a small one", new BytesBody(bytesOf("abc")), false, 1],
    ["a small one in chunks", reusing(["abc"], true), true, 2],
    ["two pieces", new BytesBody(bytesOf("abc"), bytesOf("d")), false, 2],
    ["a large one", new BytesBody(new Uint8Array(100_000)), false, 2],
    ["a large one in chunks", reusing(["z".repeat(100_000)], true), true, 3],
  ];
  for (const [what, body, isChunked, writes] of rows) {
    await t.step(what, async () => {
      const [end] = duplex();
      await new MessageWriter(end).write(HEAD, LINES, body, isChunked, () => {});
      assert.equal(end.writes.length, writes);
    });
  }
});

Deno.test("write() sends the head before it waits for the body", async () => {
  const [end] = duplex();
  const body: Body = { ...reusing([], false), done: false, read: () => new Promise(() => {}) };
  new MessageWriter(end).write(HEAD, LINES, body, true, () => {});
  await settle();
  assert.deepEqual(end.writes, [BEGIN]);
});

Deno.test("write() asks for the next piece only when this one has been taken whole", async () => {
  const [end, other] = duplex({ room: 8 });
  const parts = ["aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb"];
  const written = new MessageWriter(end).write("", new Uint8Array(), reusing(parts, true), false, () => {});
  let text = "";
  const buffer = new Uint8Array(3);
  while (text.length < 42) text += latin1(buffer.subarray(0, (await other.read(buffer))!));
  await written;
  assert.equal(text, `\r\n${parts.join("")}`);
});

Deno.test("write() writes one message after the other, of any size, with one writer", async () => {
  const [end] = duplex({ perWrite: 1000 });
  const writer = new MessageWriter(end);
  let expected = "";
  for (const length of [7, 5, 40_000, 3, 200_000, 1]) {
    const head = `${"h".repeat(length % 7)}: ${"v".repeat(length % 3001)}\r\n`;
    const part = "p".repeat(length);
    await writer.write(head, LINES, reusing([part], true), true, () => {});
    expected += `${head}k: v\r\n\r\n${chunked([part])}`;
  }
  assert.ok(end.writes.join("") === expected, "other bytes");
});

Deno.test("write() rejects as the side that failed does", async (t) => {
  await t.step("the stream", async () => {
    const [end] = duplex();
    end.close();
    await assert.rejects(new MessageWriter(end).write(HEAD, LINES, null, false, () => {}), WriteError);
  });
  await t.step("the stream, in the middle: what was not written is not told", async () => {
    const [end, other] = duplex({ room: 64 });
    const told: number[] = [];
    const writing = new MessageWriter(end).write(
      HEAD,
      LINES,
      reusing(["a", "b".repeat(1000), "c"], true),
      false,
      (count) => told.push(count),
    );
    await settle();
    other.close();
    await assert.rejects(writing, WriteError);
    assert.deepEqual(told, [1]);
  });
  await t.step("the body", async () => {
    const [end] = duplex();
    const broken = new Error("broken");
    const body: Body = { ...reusing([], false), done: false, read: () => Promise.reject(broken) };
    await assert.rejects(new MessageWriter(end).write(HEAD, LINES, body, true, () => {}), broken);
    assert.deepEqual(end.writes, [BEGIN]);
  });
  await t.step("the body, in hand: nothing is written", async () => {
    const [end] = duplex();
    const broken = new Error("broken");
    const take = () => {
      throw broken;
    };
    const body: Body = { ...reusing([], false), done: false, take };
    await assert.rejects(new MessageWriter(end).write(HEAD, LINES, body, true, () => {}), broken);
    assert.deepEqual(end.writes, []);
  });
});
