import assert from "node:assert/strict";
import { isDue, isOver, mayTry, nextTry } from "../../../lib/oauth/due.ts";
import type { LoginFields } from "../../../lib/vault/login.ts";

const NOW = Date.UTC(2027, 0, 2, 3, 4, 5, 678);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const MARGIN = 5 * MINUTE;

/** A time so many milliseconds from now, as it is stored. */
const at = (milliseconds: number) => new Date(NOW + milliseconds).toISOString();

const ENDS: [left: number | undefined, over: boolean][] = [
  [-DAY, true],
  [-1, true],
  [0, true],
  [1, false],
  [DAY, false],
  [undefined, false],
];

Deno.test("isOver() says whether a token has ended", async (t) => {
  for (const [left, over] of ENDS) {
    await t.step(`${left} ms before its end`, () => {
      assert.equal(isOver(left === undefined ? {} : { expiresAt: at(left) }, NOW), over);
    });
  }
});

const DUE: [what: string, left: number | undefined, age: number | undefined, due: boolean][] = [
  ["does not end", undefined, undefined, false],
  ["does not end, and was renewed long ago", undefined, DAY, false],
  ["ends after the margin", MARGIN + 1, undefined, false],
  ["ends after the margin, by a clock that was put back", MARGIN + 1, -DAY, false],
  ["ends within the margin", MARGIN, undefined, true],
  ["has ended", -DAY, undefined, true],
  ["was renewed just now and ends within the margin", MARGIN - 1, 0, false],
  ["was renewed just now and has ended already, by a clock that is ahead", -DAY, 0, false],
  ["was renewed almost 30 seconds ago", 0, 30 * SECOND - 1, false],
  ["was renewed 30 seconds ago", 0, 30 * SECOND, true],
  ["was renewed in the future, by a clock that was put back since", MARGIN, -1, true],
  ["was renewed in the far future", -1, -DAY, true],
];

Deno.test("isDue() says whether a token must be renewed that …", async (t) => {
  for (const [what, left, age, due] of DUE) {
    await t.step(what, () => {
      const fields: LoginFields = {
        ...left !== undefined && { expiresAt: at(left) },
        ...age !== undefined && { refreshedAt: at(-age) },
      };
      assert.equal(isDue(fields, MARGIN, NOW), due);
    });
  }
});

const PAUSES: [count: number, seconds: number][] = [
  [1, 5],
  [2, 10],
  [3, 20],
  [4, 40],
  [5, 80],
  [6, 160],
  [7, 300],
  [8, 300],
  [2000, 300],
  [Number.MAX_SAFE_INTEGER, 300],
];

Deno.test("mayTry() waits longer after each failure, and not longer than five minutes", async (t) => {
  for (const [count, seconds] of PAUSES) {
    await t.step(`after ${count}`, () => {
      const lastError = { at: at(0), message: "m", permanent: false, count };
      const next = NOW + seconds * SECOND;
      assert.equal(nextTry(lastError), next);
      assert.deepEqual([NOW, next - 1, next].map((now) => mayTry({ lastError }, now)), [false, false, true]);
    });
  }
});

Deno.test("mayTry() does not wait long for what a file says that nobody wrote like that", async (t) => {
  for (const count of [0, -1, -2000, Number.MIN_SAFE_INTEGER]) {
    await t.step(`${count} failures`, () => {
      const lastError = { at: at(0), message: "m", permanent: false, count };
      assert.ok(mayTry({ lastError }, NOW + 5 * SECOND));
    });
  }
});

const CLOCKS: [clock: string, age: number][] = [
  ["that was an hour ahead when it failed", -60 * MINUTE],
  ["that was a year ahead when it failed", -365 * DAY],
  ["that was a thousand years ahead when it failed", -365_000 * DAY],
];

Deno.test("mayTry() waits for no more than the longest pause by a clock …", async (t) => {
  for (const [clock, age] of CLOCKS) {
    await t.step(clock, () => {
      const lastError = { at: at(-age), message: "m", permanent: false, count: 1 };
      assert.ok(mayTry({ lastError }, NOW + 5 * MINUTE));
    });
  }
});

Deno.test("mayTry() never tries again after a permanent failure", () => {
  for (const age of [0, DAY, 365_000 * DAY, -DAY]) {
    const lastError = { at: at(-age), message: "m", permanent: true, count: 1 };
    assert.ok(!mayTry({ lastError }, NOW));
  }
  assert.ok(mayTry({}, NOW));
});
