import assert from "node:assert/strict";
import { parseLifetime } from "../../../lib/cli/lifetime.ts";
import { fails } from "../../support/failure.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const LIFETIMES: [text: string, milliseconds: number][] = [
  ["1m", MINUTE],
  ["15m", 15 * MINUTE],
  ["12h", 720 * MINUTE],
  ["30d", 30 * DAY],
  ["2w", 14 * DAY],
  ["007d", 7 * DAY],
  ["3650d", 3650 * DAY],
  ["999999m", 999_999 * MINUTE],
];

Deno.test("parseLifetime() takes a number and a unit", async (t) => {
  for (const [text, milliseconds] of LIFETIMES) {
    await t.step(text, () => assert.equal(parseLifetime(text), milliseconds));
  }
});

const REFUSED = [
  "",
  "0d",
  "000m",
  "30",
  "d",
  "30s",
  "30y",
  "30D",
  "30 d",
  " 30d",
  "30d ",
  "30d\n",
  "-30d",
  "+30d",
  "1.5h",
  "1e3m",
  "0x1d",
  "3651d",
  "522w",
  "1000000m",
  "99999999999999999999d",
  "30d12h",
  "٣d",
  "1constructor",
  "never",
  "sk-canary-0123456789",
];

Deno.test("parseLifetime() refuses everything else, and repeats none of it", async (t) => {
  for (const text of REFUSED) {
    await t.step(JSON.stringify(text), async () => {
      const { message, hint } = await fails("usage", () => parseLifetime(text));
      assert.equal(message, "Cannot use the value of --expires");
      assert.ok(!hint!.includes("canary"));
    });
  }
});
