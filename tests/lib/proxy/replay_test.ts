import assert from "node:assert/strict";
import { type Body, BytesBody } from "../../../lib/http/body.ts";
import { StreamBody, streamOf } from "../../../lib/http/stream_body.ts";
import { Recorder, type Recording } from "../../../lib/proxy/replay.ts";

const MIB = 1 << 20;

type Bytes = Uint8Array<ArrayBuffer>;

/** A body of these parts, which ends behind them unless it is left open. */
function bodyOf(parts: readonly Bytes[], isOpen = false): Body {
  return new StreamBody(
    new ReadableStream({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        if (!isOpen) controller.close();
      },
    }),
    undefined,
  );
}

/** All of a body, as bytes that can be compared; `undefined` for a body that is not to be had. */
async function bytesOf(body: Body | undefined): Promise<Bytes | undefined> {
  return body && await new Response(streamOf(body)).bytes();
}

/** Takes so many bytes and no more. */
async function take(body: Body, length: number): Promise<void> {
  for (let taken = 0; taken < length;) taken += (await body.read())!.length;
}

/** Parts of one MiB that share their memory. */
function mebibytes(count: number, extra = 0): Bytes[] {
  const part = new Uint8Array(MIB).fill(7);
  return [...Array.from({ length: count }, () => part), ...extra > 0 ? [part.subarray(0, extra)] : []];
}

/** Records a body, lets all of it pass, and gives the recording. */
async function passed(recorder: Recorder, parts: readonly Bytes[]): Promise<Recording> {
  const recording = recorder.record(bodyOf(parts));
  await bytesOf(recording);
  return recording;
}

const BODIES: [what: string, parts: Bytes[]][] = [
  ["an empty one", []],
  ["one byte", [Uint8Array.of(0)]],
  ["an empty part", [new Uint8Array(), Uint8Array.of(1), new Uint8Array()]],
  ["every byte", [Uint8Array.from({ length: 256 }, (_, byte) => byte)]],
  ["many parts", Array.from({ length: 1000 }, (_, i) => Uint8Array.of(i & 255, i >> 8))],
  ["exactly 4 MiB", mebibytes(4)],
];

Deno.test("Recorder gives a body that passed whole once more, byte for byte", async (t) => {
  for (const [what, parts] of BODIES) {
    await t.step(what, async () => {
      const whole = await new Blob(parts).bytes();
      const recording = new Recorder().record(bodyOf(parts));
      assert.deepEqual(await bytesOf(recording), whole);
      assert.deepEqual(await bytesOf(recording.again()), whole);
    });
  }
});

Deno.test("Recorder lets a body that is too long pass, and does not keep it", async (t) => {
  const rows: [what: string, parts: Bytes[]][] = [
    ["4 MiB and a byte", mebibytes(4, 1)],
    ["9 MiB", mebibytes(9)],
    ["5 MiB in one part", [new Uint8Array(5 * MIB)]],
  ];
  for (const [what, parts] of rows) {
    await t.step(what, async () => {
      const recording = new Recorder().record(bodyOf(parts));
      const length = (await bytesOf(recording))!.length;
      assert.equal(length, parts.reduce((sum, part) => sum + part.length, 0));
      assert.equal(recording.again(), undefined);
    });
  }
});

Deno.test("Recorder has nothing to give again before the whole body has passed", async (t) => {
  await t.step("nothing has been read", () => {
    assert.equal(new Recorder().record(bodyOf(mebibytes(2))).again(), undefined);
  });
  await t.step("a part has been read", async () => {
    const recording = new Recorder().record(bodyOf(mebibytes(2)));
    await take(recording, MIB);
    assert.equal(recording.again(), undefined);
  });
  await t.step("all that is there has been read, and more may come", async () => {
    const recording = new Recorder().record(bodyOf(mebibytes(2), true));
    await take(recording, 2 * MIB);
    assert.equal(recording.again(), undefined);
  });
  await t.step("the reader gave up", () => {
    const recording = new Recorder().record(bodyOf(mebibytes(2)));
    recording.cancel();
    assert.equal(recording.again(), undefined);
  });
  await t.step("the client broke off", async () => {
    const broken = new ReadableStream<Bytes>({
      start: (controller) => controller.enqueue(Uint8Array.of(1)),
      pull: (controller) => controller.error(new Error("of the test")),
    });
    const recording = new Recorder().record(new StreamBody(broken, undefined));
    await assert.rejects(bytesOf(recording));
    assert.equal(recording.again(), undefined);
  });
});

Deno.test("Recorder gives a body more than once more, and says what it is", async () => {
  const first = await passed(new Recorder(), [Uint8Array.of(1), Uint8Array.of(2)]);
  const again = first.again()!;
  assert.deepEqual([again.length, again.fits], [undefined, true]);
  assert.deepEqual(await bytesOf(again), Uint8Array.of(1, 2));
  assert.deepEqual(await bytesOf(again.again()), Uint8Array.of(1, 2));
});

Deno.test("Recorder says before whether a body is short enough to be kept", async (t) => {
  const rows: [what: string, body: Body, fits: boolean][] = [
    ["of no known length", bodyOf([]), false],
    ["4 MiB", new BytesBody(...mebibytes(4)), true],
    ["4 MiB and a byte", new BytesBody(...mebibytes(4, 1)), false],
  ];
  for (const [what, body, fits] of rows) {
    await t.step(what, () => assert.equal(new Recorder().record(body).fits, fits));
  }
});

Deno.test("Recorder keeps pieces whose memory is used again", async () => {
  const shared = Uint8Array.of(1, 2, 3);
  const recording = new Recorder().record(new BytesBody(shared));
  await recording.read();
  await recording.read();
  shared.fill(9);
  assert.deepEqual(await bytesOf(recording.again()), Uint8Array.of(1, 2, 3));
});

Deno.test("Recorder forgets what it is told to", async (t) => {
  await t.step("after it passed", async () => {
    const recording = await passed(new Recorder(), mebibytes(1));
    recording.forget();
    assert.equal(recording.again(), undefined);
  });
  await t.step("while it passes, and then keeps no more of it", async () => {
    const recording = new Recorder().record(bodyOf(mebibytes(2)));
    recording.forget();
    assert.equal((await bytesOf(recording))!.length, 2 * MIB);
    assert.equal(recording.again(), undefined);
  });
});

/** Whether there is room for so many MiB more, exactly. */
async function assertRoom(recorder: Recorder, room: number): Promise<void> {
  const kept: Recording[] = [];
  for (let left = room; left > 0; left -= 4) {
    const recording = await passed(recorder, mebibytes(Math.min(left, 4)));
    assert.notEqual(recording.again(), undefined, `${left} MiB of ${room} are too many`);
    kept.push(recording);
  }
  const last = await passed(recorder, [Uint8Array.of(1)]);
  assert.equal(last.again(), undefined, `there is room for more than ${room} MiB`);
  for (const recording of [...kept, last]) recording.forget();
}

Deno.test("Recorder keeps 64 MiB together, and counts what it forgets", async (t) => {
  const recorder = new Recorder();
  await t.step("with nothing kept", () => assertRoom(recorder, 64));
  await t.step("again, after everything was forgotten", () => assertRoom(recorder, 64));
  await t.step("with some kept", async () => {
    const [one, other] = [await passed(recorder, mebibytes(4)), await passed(recorder, mebibytes(3))];
    await assertRoom(recorder, 57);
    one.forget();
    await assertRoom(recorder, 61);
    other.forget();
    await assertRoom(recorder, 64);
  });
  await t.step("after a recording was forgotten twice", async () => {
    const recording = await passed(recorder, mebibytes(4));
    for (let i = 0; i < 2; i++) recording.forget();
    await assertRoom(recorder, 64);
  });
  await t.step("after bodies that were too long, forgotten or not", async () => {
    const recording = await passed(recorder, mebibytes(7));
    await assertRoom(recorder, 64);
    recording.forget();
    await assertRoom(recorder, 64);
  });
  await t.step("after bodies that passed in part", async () => {
    const recording = recorder.record(bodyOf(mebibytes(2), true));
    await take(recording, 2 * MIB);
    await assertRoom(recorder, 62);
    recording.forget();
    await assertRoom(recorder, 64);
  });
  await t.step("after a body was forgotten while it passed", async () => {
    const recording = recorder.record(bodyOf(mebibytes(4)));
    await take(recording, MIB);
    recording.forget();
    await assertRoom(recorder, 64);
  });
});
