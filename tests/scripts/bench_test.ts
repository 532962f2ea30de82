import assert from "node:assert/strict";
import { median, medianRatio, quantile } from "../../scripts/bench/statistics.ts";
import { isMet, type Row, textTable } from "../../scripts/bench/table.ts";
import { parseWrk } from "../../scripts/bench/wrk.ts";

Deno.test("quantile() finds the value at a share, between two of them too", async (t) => {
  const rows: [values: number[], share: number, want: number][] = [
    [[7], 0.5, 7],
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[4, 1, 3, 2], 0, 1],
    [[4, 1, 3, 2], 1, 4],
    [[10, 9, 100], 0.5, 10],
    [Array.from({ length: 101 }, (_, i) => i), 0.99, 99],
  ];
  for (const [values, share, want] of rows) {
    await t.step(`${values.slice(0, 4)} at ${share}`, () => assert.equal(quantile(values, share), want));
  }
  assert.throws(() => median([]), RangeError);
});

Deno.test("medianRatio() compares run by run, not the medians", () => {
  assert.equal(medianRatio([10, 20, 90], [10, 40, 100]), 0.9);
  assert.throws(() => medianRatio([1], [1, 2]), RangeError);
});

const WRK = `Running 1s test @ http://127.0.0.1:18801/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.22ms    1.29ms  17.09ms   80.96%
    Req/Sec    15.02k     2.12k   17.53k    99.00%
  Latency Distribution
     50%    1.92ms
     75%    2.61ms
     90%    3.53ms
     99%  812.00us
  15027 requests in 1.01s, 8.26MB read
Requests/sec:  14908.51
Transfer/sec:      8.19MB
`;

Deno.test("parseWrk() reads what wrk prints", () => {
  assert.deepEqual(parseWrk(WRK), { requests: 14908.51, p50: 1920, p99: 812, count: 15027 });
  assert.equal(parseWrk(WRK.replace("1.92ms", "1.92s")).p50, 1_920_000);
  // As wrk writes seconds.
  assert.equal(parseWrk(WRK.replace("1.92ms", "1.92s ")).p50, 1_920_000);
});

Deno.test("parseWrk() takes no run for a good one whose requests failed", async (t) => {
  const rows: [what: string, text: string][] = [
    ["statuses", WRK + "  Non-2xx or 3xx responses: 1\n"],
    ["sockets", WRK + "  Socket errors: connect 0, read 3, write 0, timeout 0\n"],
    ["nothing", ""],
    ["no latency", WRK.replace("  50%", "")],
  ];
  for (const [what, text] of rows) await t.step(what, () => assert.throws(() => parseWrk(text)));
});

Deno.test("textTable() says of every bar whether it is met", () => {
  const rows: Row[] = [
    { what: "a", target: "x", value: 1234.5 },
    { what: "b", target: "y", value: 2, against: "x", ratio: 0.654, bar: { atLeast: 0.65 } },
    { what: "c", target: "z", value: 31, spread: [30, 32], bar: { atMost: 30 } },
  ];
  assert.deepEqual(rows.map(isMet), [undefined, true, false]);
  assert.equal(
    textTable(rows),
    `what  target  value  spread       ratio     bar
a     x       1,235
b     y       2.00                0.65 × x  ≥ 0.65  met
c     z       31.00  30.00–32.00            ≤ 30    MISSED`,
  );
});
