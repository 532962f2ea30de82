import assert from "node:assert/strict";
import { LogWriter } from "../../../lib/cli/log_writer.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { fakeSystem } from "../../support/fake_system.ts";

function setUp() {
  const clock = new FakeClock();
  const written: string[] = [];
  const state = { takes: Promise.resolve() };
  const { terminal } = fakeSystem();
  const err = async (text: string) => {
    await state.takes;
    written.push(text);
  };
  const dropped: number[] = [];
  const system = { sleep: clock.sleep, terminal: { ...terminal, err } };
  return {
    clock,
    written,
    state,
    dropped,
    writer: new LogWriter(system, (count) => void dropped.push(count)),
  };
}

Deno.test("LogWriter writes the first line at once, and those of the next moment together", async () => {
  const { clock, written, writer } = setUp();
  writer.write("a\n");
  await settle();
  assert.deepEqual(written, ["a\n"]);
  for (const line of ["b\n", "c\n", "d\n"]) writer.write(line);
  await settle();
  assert.deepEqual(written, ["a\n"]);
  await clock.advance(20);
  assert.deepEqual(written, ["a\n", "b\nc\nd\n"]);
  await clock.advance(20);
  writer.write("e\n");
  await settle();
  assert.deepEqual(written, ["a\n", "b\nc\nd\n", "e\n"]);
  assert.equal(clock.sleeping, 1);
});

Deno.test("LogWriter flushes what waits, also behind a slow reader", async () => {
  const { written, writer, state } = setUp();
  writer.write("a\n");
  await settle();
  writer.write("b\n");
  await writer.flush();
  assert.deepEqual(written, ["a\n", "b\n"]);
  const reader = Promise.withResolvers<void>();
  state.takes = reader.promise;
  writer.write("c\n");
  const slow = writer.flush();
  await settle();
  state.takes = Promise.resolve();
  writer.write("d\n");
  const flushed = writer.flush();
  await settle();
  assert.deepEqual(written, ["a\n", "b\n"]);
  reader.resolve();
  await Promise.all([slow, flushed]);
  assert.deepEqual(written, ["a\n", "b\n", "c\n", "d\n"]);
});

Deno.test("LogWriter drops lines, not memory, when nobody reads, and says how many", async () => {
  const { clock, written, writer, state, dropped } = setUp();
  const reader = Promise.withResolvers<void>();
  state.takes = reader.promise;
  writer.write("first\n");
  await settle();
  const line = "x".repeat(1023) + "\n";
  for (let i = 0; i < 1030; i++) writer.write(line);
  assert.deepEqual([written, dropped], [[], []]);
  state.takes = Promise.resolve();
  reader.resolve();
  await settle();
  await clock.advance(20);
  assert.deepEqual(dropped, [6]);
  assert.equal(written.join("").length, 6 + 1024 * 1024);
});
