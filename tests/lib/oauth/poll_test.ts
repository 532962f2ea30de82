import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { poll, type Step } from "../../../lib/oauth/poll.ts";
import { fails } from "../../support/failure.ts";

/** How often to ask, in milliseconds, where a test does not say. */
const INTERVAL = 2000;

const PENDING: Step<string> = { state: "pending" };
const SLOW: Step<string> = { state: "slow_down" };
const TROUBLE: Step<string> = { state: "troubled", reason: "the server is ill" };
const DONE: Step<string> = { state: "done", value: "it" };

/** Polls a server that says these things; time jumps to the end of every pause. */
function run(steps: readonly (Step<string> | Error)[], until = 900_000, interval = INTERVAL) {
  const pauses: number[] = [];
  const over = new AbortController();
  let time = 0;
  let asked = 0;
  const system = {
    now: () => time,
    sleep(milliseconds: number) {
      pauses.push(milliseconds / 1000);
      time += milliseconds;
      return Promise.resolve();
    },
  };
  const ask = () => {
    const step = steps[asked++];
    if (step === undefined) throw new Error(`it asked ${asked} times`);
    return step instanceof Error ? Promise.reject(step) : Promise.resolve(step);
  };
  const start = () => poll(system, over.signal, { interval, until }, ask);
  return { start, pauses, over, asked: () => asked };
}

const PACES: [what: string, steps: Step<string>[], seconds: number[]][] = [
  ["it waits before it asks", [DONE], [2]],
  ["while it is pending", [PENDING, PENDING, PENDING, DONE], [2, 2, 2, 2]],
  ["slow_down counts for all that follow", [SLOW, PENDING, PENDING, DONE], [2, 7, 7, 7]],
  ["slow_down adds up", [PENDING, SLOW, SLOW, PENDING, SLOW, DONE], [2, 2, 7, 12, 12, 17]],
  ["failures double the pause", [TROUBLE, TROUBLE, TROUBLE, DONE], [2, 4, 8, 16]],
  ["after failures the pace is as before", [TROUBLE, TROUBLE, PENDING, DONE], [2, 4, 8, 2]],
  ["failures are counted in a row", [TROUBLE, TROUBLE, TROUBLE, PENDING, TROUBLE, DONE], [2, 4, 8, 16, 2, 4]],
  ["slow_down ends a row", [TROUBLE, TROUBLE, TROUBLE, SLOW, TROUBLE, DONE], [2, 4, 8, 16, 7, 14]],
  ["failures double a slower pause", [SLOW, TROUBLE, TROUBLE, DONE], [2, 7, 14, 28]],
];

Deno.test("poll() keeps the server's pace: …", async (t) => {
  for (const [what, steps, seconds] of PACES) {
    await t.step(what, async () => {
      const { start, pauses } = run(steps);
      assert.equal(await start(), "it");
      assert.deepEqual(pauses, seconds);
    });
  }
});

Deno.test("poll() gives up after four failures in a row", async () => {
  const { start, pauses } = run([PENDING, TROUBLE, TROUBLE, TROUBLE, TROUBLE]);
  const { message } = await fails("network_failed", start);
  assert.equal(message, "Cannot log in: the server is ill");
  assert.deepEqual(pauses, [2, 2, 4, 8, 16]);
});

const ENDS: [what: string, until: number, asked: number][] = [
  ["a moment after the third answer", 6001, 3],
  ["with the third answer", 6000, 2],
  ["at once", 1, 0],
  ["in the past", -1, 0],
];

Deno.test("poll() does not ask once the code has expired: …", async (t) => {
  for (const [what, until, expected] of ENDS) {
    await t.step(what, async () => {
      const { start, asked } = run(Array(9).fill(PENDING), until);
      const { message } = await fails("login_failed", start);
      assert.equal(message, "Cannot log in: the code has expired");
      assert.equal(asked(), expected);
    });
  }
});

Deno.test("what ask() throws ends it", async (t) => {
  for (const error of [new AppError("login_failed", "Cannot log in: no"), new TypeError("a bug")]) {
    await t.step(error.name, async () => {
      const { start, asked } = run([PENDING, error]);
      await assert.rejects(start, (thrown) => thrown === error);
      assert.equal(asked(), 2);
    });
  }
});

Deno.test("poll() asks nothing more once nobody waits", async (t) => {
  await t.step("before it began", async () => {
    const { start, over, pauses, asked } = run([DONE]);
    over.abort();
    await fails("interrupted", start);
    assert.deepEqual([pauses, asked()], [[], 0]);
  });
  await t.step("during a pause", async () => {
    const { start, over, asked } = run([DONE]);
    const polling = start();
    over.abort();
    await fails("interrupted", () => polling);
    assert.equal(asked(), 0);
  });
  await t.step("while it asks", async () => {
    const answer = Promise.withResolvers<Step<string>>();
    const asking = Promise.withResolvers<void>();
    const over = new AbortController();
    const system = { now: () => 0, sleep: () => Promise.resolve() };
    const polling = poll(system, over.signal, { interval: 1, until: 9 }, () => {
      asking.resolve();
      return answer.promise;
    });
    await asking.promise;
    over.abort();
    answer.resolve(PENDING);
    await fails("interrupted", () => polling);
  });
});
