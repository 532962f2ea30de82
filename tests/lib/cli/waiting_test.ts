import assert from "node:assert/strict";
import { showWaiting } from "../../../lib/cli/waiting.ts";
import type { System } from "../../../lib/system.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { type FakeOptions, type FakeSystem, fakeSystem } from "../../support/fake_system.ts";

const FRAME = 120;
const ERASE = "\r\x1b[2K";

interface Screen {
  readonly system: System;
  readonly clock: FakeClock;
  /** What was written since it was asked for last. */
  written(): string;
}

/** A terminal of so many columns, whose clock the test moves. */
function makeScreen(columns: number | undefined, options: FakeOptions = { isTerminal: true }): Screen {
  const clock = new FakeClock();
  const fake: FakeSystem = fakeSystem(options);
  const terminal = { ...fake.terminal, columns: () => columns };
  let seen = 0;
  return {
    system: { ...fake, terminal, now: clock.now, sleep: clock.sleep },
    clock,
    written() {
      const text = fake.stderr.slice(seen);
      seen = fake.stderr.length;
      return text;
    },
  };
}

Deno.test("showWaiting() turns a spinner on one line, and shows the time left", async () => {
  const { system, clock, written } = makeScreen(80);
  const waiting = await showWaiting(system, "the browser", clock.now() + 600_000);
  assert.equal(written(), `${ERASE}- 10:00 left, waiting for the browser`);
  const frames: string[] = [];
  for (let i = 0; i < 5; i++) {
    await clock.advance(FRAME);
    frames.push(written());
  }
  assert.deepEqual(frames.map((frame) => frame.slice(ERASE.length, ERASE.length + 1)), [
    "\\",
    "|",
    "/",
    "-",
    "\\",
  ]);
  for (const frame of frames) assert.ok(frame.startsWith(ERASE) && !frame.includes("\n"), frame);
  await clock.advance(60_000 - 5 * FRAME);
  assert.match(written(), /9:00 left, waiting for the browser$/);
  await waiting.close();
  assert.ok(written().endsWith(ERASE));
  await clock.advance(10 * FRAME);
  assert.deepEqual([written(), clock.sleeping], ["", 0]);
});

const LEFT: [milliseconds: number, text: string][] = [
  [600_000, "10:00"],
  [599_499, "9:59"],
  [61_000, "1:01"],
  [60_000, "1:00"],
  [9_400, "0:09"],
  [400, "0:00"],
  [0, "0:00"],
  [-1, "0:00"],
  [-3_600_000, "0:00"],
  [3_600_000, "60:00"],
];

Deno.test("showWaiting() writes the time left in minutes and seconds, and never less than none", async (t) => {
  for (const [milliseconds, text] of LEFT) {
    await t.step(text, async () => {
      for (const isTerminal of [true, false]) {
        const { system, clock, written } = makeScreen(80, { isTerminal });
        const waiting = await showWaiting(system, "it", clock.now() + milliseconds);
        assert.ok(written().includes(isTerminal ? ` ${text} left, ` : `(${text} left)`));
        await waiting.close();
      }
    });
  }
});

Deno.test("showWaiting() never fills a line, so that it can be erased", async (t) => {
  const what = "the browser; or paste here the address where it ends";
  const full = `- 10:00 left, waiting for ${what}`;
  for (const columns of [1, 2, 10, 40, full.length, full.length + 1, full.length + 2, 300, undefined]) {
    await t.step(`${columns} columns`, async () => {
      const { system, clock, written } = makeScreen(columns);
      const waiting = await showWaiting(system, what, clock.now() + 600_000);
      assert.equal(written(), ERASE + full.slice(0, (columns ?? 80) - 1));
      await clock.advance(FRAME);
      assert.ok(written().length - ERASE.length < (columns ?? 81));
      await waiting.close();
    });
  }
});

Deno.test("showWaiting() writes remarks on lines of their own, and goes on below", async () => {
  const { system, clock, written } = makeScreen(80);
  const waiting = await showWaiting(system, "it", clock.now() + 600_000);
  written();
  await waiting.note("a remark");
  assert.equal(written(), `${ERASE}a remark\n`);
  await clock.advance(FRAME);
  assert.equal(written(), `${ERASE}\\ 10:00 left, waiting for it`);
  await waiting.close();
});

const PLAIN: [what: string, options: FakeOptions][] = [
  ["nobody looks", {}],
  ["the terminal can't erase", { isTerminal: true, env: { TERM: "dumb" } }],
];

Deno.test("showWaiting() says once what is waited for, without sequences, when", async (t) => {
  for (const [what, options] of PLAIN) {
    await t.step(what, async () => {
      const { system, clock, written } = makeScreen(80, options);
      const waiting = await showWaiting(system, "it", clock.now() + 600_000);
      await waiting.note("a remark");
      await clock.advance(600_000);
      await waiting.close();
      assert.equal(written(), "waiting for it (10:00 left)\na remark\n");
      assert.equal(clock.sleeping, 0);
    });
  }
});
