import fc from "fast-check";
import assert from "node:assert/strict";
import { endOf, pauseOf } from "../../../lib/oauth/expiry.ts";
import { forAll } from "../../support/property.ts";

const NOW = Date.UTC(2027, 0, 2, 3, 4, 5);
const END = Date.UTC(2027, 0, 2, 5, 4, 5);

const ENDS: [written: unknown, end: number | undefined][] = [
  // Seconds from now.
  [7200, END],
  ["7200", END],
  [1, NOW + 1000],
  [0.5, NOW + 500],
  [999_999_999, NOW + 999_999_999_000],
  // Seconds since 1970.
  [END / 1000, END],
  [String(END / 1000), END],
  [1e9, 1e12],
  // Milliseconds since 1970.
  [END, END],
  [String(END), END],
  [1e12, 1e12],
  [NOW - 1, NOW - 1],
  // Nothing of the kind.
  [0, undefined],
  [-0, undefined],
  [-1, undefined],
  [-7200, undefined],
  [NaN, undefined],
  [Infinity, undefined],
  [-Infinity, undefined],
  // Years from 10000.
  [300_000_000_000, undefined],
  ["999999999999", undefined],
  [253_402_300_800_000, undefined],
  [1e15, undefined],
  [8.64e15, undefined],
  [8.64e15 + 2, undefined],
  [1e300, undefined],
  ["", undefined],
  ["0", undefined],
  ["-5", undefined],
  ["+5", undefined],
  ["5.5", undefined],
  ["1e3", undefined],
  ["0x10", undefined],
  [" 5", undefined],
  ["5\n", undefined],
  ["5s", undefined],
  ["٥", undefined],
  ["99999999999999999", undefined],
  ["9999999999999999", undefined],
  ["Infinity", undefined],
  ["2027-01-02T05:04:05Z", undefined],
  [undefined, undefined],
  [null, undefined],
  [true, undefined],
  [7200n, undefined],
  [[7200], undefined],
  [{ valueOf: () => 7200 }, undefined],
  [new Date(END), undefined],
];

Deno.test("endOf() reads a time in the three ways in which it is written, and nothing else", async (t) => {
  for (const [written, end] of ENDS) {
    await t.step(Deno.inspect(written), () => assert.equal(endOf(written, NOW), end));
  }
});

const anything = fc.oneof(
  fc.double(),
  fc.integer({ min: 1e9, max: 1e13 }),
  fc.maxSafeInteger(),
  fc.anything(),
  fc.bigInt().map(String),
);

Deno.test("whatever is written, endOf() gives a moment that can be stored, or nothing", () => {
  forAll(anything, (written) => {
    const end = endOf(written, NOW);
    if (end === undefined) return;
    // Years from 10000 are written in another way, which the vault does not take for a time.
    assert.match(new Date(end).toISOString(), /^\d{4}-/);
  });
});

const PAUSES: [written: unknown, seconds: number][] = [
  // Seconds.
  [5, 5],
  ["5", 5],
  [2.5, 2.5],
  [60, 60],
  ["60", 60],
  // Milliseconds.
  [3000, 3],
  ["3000", 3],
  [60_000, 60],
  // Too short.
  [1, 2],
  [0.001, 2],
  ["1", 2],
  [1000, 2],
  [1999, 2],
  // Too long.
  [61, 60],
  [999, 60],
  [60_001, 60],
  [1e300, 60],
  [Infinity, 60],
  ["999999999", 60],
  // Nothing of the kind.
  [0, 2],
  ["0", 2],
  [-5, 2],
  [NaN, 2],
  [-Infinity, 2],
  ["", 2],
  ["-5", 2],
  ["5s", 2],
  [" 5", 2],
  ["1e9", 2],
  ["9999999999", 2],
  [undefined, 2],
  [null, 2],
  [true, 2],
  [[5], 2],
  [{}, 2],
  [5n, 2],
];

Deno.test("pauseOf() reads a pause, and asks neither too often nor too rarely", async (t) => {
  for (const [written, seconds] of PAUSES) {
    await t.step(Deno.inspect(written), () => assert.equal(pauseOf(written), seconds * 1000));
  }
});

Deno.test("whatever is written, pauseOf() gives two seconds to a minute", () => {
  forAll(anything, (written) => {
    const pause = pauseOf(written);
    assert.ok(pause >= 2000 && pause <= 60_000, `${pause}`);
  });
});
