import assert from "node:assert/strict";
import { makeArrivals } from "../support/arrivals.ts";
import { assertRun, storedNames } from "../support/login_run.ts";
import { logInToMiniMax, startMiniMaxScene } from "../support/minimax_scene.ts";
import { testWith } from "../support/needs.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { changes, cuts, type Fault, first, onTokens, replies, without } from "../support/vendors/faults.ts";
import type { LoginScene } from "../support/vendors/login_scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

type Traps = LoginScene["minimax"]["traps"];

/** What differs, and how many seconds pass at least before each question for the tokens. */
type Row = [what: string, traps: Traps, pauses: number[]];

/** What the first question gets, and how many seconds pass at least before the second. */
const PENDING: [what: string, fault: Fault, pause: number][] = [
  ["429", replies(429), 7],
  ["500", replies(500), 4],
  ["503 and a page", replies(503, "<html>"), 4],
  ["half an answer", cutPending, 4],
  ["pending", replies(200, { status: "pending" }), 2],
  ["an unknown status", replies(200, { status: "scanned" }), 2],
  ["a status that is a number", replies(200, { status: 1 }), 2],
  ["no status", replies(200, {}), 2],
  ["no status, and no error", replies(200, { base_resp: { status_code: 0, status_msg: "x" } }), 2],
];

/** How the pause between questions is told, and how many seconds it is at least. */
const INTERVALS: [what: string, interval: unknown, pause: number][] = [
  ["milliseconds", 4000, 4],
  ["seconds", 4, 4],
  ["a text", "4", 4],
  ["nothing", undefined, 2],
  ["too often", 1000, 2],
  ["a negative number", -1, 2],
];

/** How the answer with the tokens may differ. */
const SUCCESSES: [what: string, fault: Fault][] = [
  ["without a status", without("status")],
  ["without a status, but without an error", changes({ status: undefined, base_resp: { status_code: 0 } })],
  ["without a message", without("notification_message", "token_type")],
  ["without a refresh token", without("refresh_token")],
];

testWith(NEEDS, "login minimax-oauth asks at the server's pace until the code is confirmed", async (t) => {
  const rows: Row[] = [
    ...PENDING.map(([what, fault, pause]): Row => [`first ${what}`, { poll: first(1, fault) }, [2, pause]]),
    ...INTERVALS.map(([what, interval, pause]): Row => {
      return [`every: ${what}`, { code: changes({ interval }) }, [pause]];
    }),
    ...SUCCESSES.map(([what, fault]): Row => [`done ${what}`, { poll: onTokens(fault) }, [2]]),
  ];
  await sideBySide(t, rows, async ([, { code, poll }, pauses]) => {
    const { noting, assertPauses } = makeArrivals();
    await using scene = await startMiniMaxScene({ code: noting(code), poll: noting(poll) });
    assertRun(scene, await logInToMiniMax(scene), 0, /logged in/);
    assertPauses(pauses);
    assert.deepEqual(await storedNames(scene.box), ["login:minimax-oauth"]);
  });
});

function cutPending(): Promise<Response> {
  return cuts(() => Promise.resolve(Response.json({ status: "pending" })));
}
