import assert from "node:assert/strict";
import { makeArrivals } from "../support/arrivals.ts";
import { startDeviceScene } from "../support/device_scene.ts";
import { assertRun, listLogins, logInByCode, storedNames } from "../support/login_run.ts";
import { testWith } from "../support/needs.ts";
import { sideBySide } from "../support/side_by_side.ts";
import {
  blocked,
  changes,
  errorBody,
  fails,
  type Fault,
  first,
  type Json,
} from "../support/vendors/faults.ts";

import { replies } from "../support/vendors/faults.ts";
import type { LoginScene } from "../support/vendors/login_scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const LOGIN = ["openai-oauth", "--device"];

testWith(NEEDS, "login openai-oauth --device logs in with a code that is typed elsewhere", async () => {
  await using scene = await startDeviceScene();
  const { box, codex } = scene;
  const id = crypto.randomUUID();
  codex.settings.account = { id, email: "ada@example.test", plan: "pro", isFedramp: false };
  const run = await logInByCode(box, LOGIN, codex.approveDevice);
  assertRun(scene, run, 0, /^agentgazer: logged in to OpenAI Codex as ada@example\.test \(pro\)$/m);
  const [page, warning, waiting] = run.stderr.split("\n");
  assert.match(page!, /^Open https:\/\/auth\.openai\.com\/codex\/device and enter the code [\w-]{8,}$/);
  assert.match(warning!, /^Nobody else needs this code/);
  assert.match(waiting!, /^waiting for the code to be entered \((15:00|14:5\d) left\)$/);
  const logins = await listLogins(box);
  assert.deepEqual(logins.map(({ id, status, account, plan }) => [id, status, account, plan]), [
    ["openai-oauth", "logged-in", "ada@example.test", "pro"],
  ]);
  assert.deepEqual([codex.counts.usercode, codex.counts.poll, codex.counts.exchange], [1, 1, 1]);
});

type Traps = LoginScene["codex"]["traps"];

/** What the server answers at first, and how many seconds pass at least before each question for the tokens. */
type Row = [what: string, traps: Traps, pauses: number[]];

/** What only the first question gets. Troubles are asked about later and later. */
const PENDING: [what: string, fault: Fault, pause: number][] = [
  ["429", replies(429), 7],
  ["slow_down", fails(400, "slow_down"), 7],
  ["500 and nothing", replies(500), 4],
  ["503 and a page", replies(503, "<html>"), 4],
  ["a firewall's page", blocked, 4],
  ["403 and a code", fails(403, "deviceauth_authorization_pending"), 2],
  ["403 and nothing", replies(403), 2],
  ["403 and other JSON", replies(403, { detail: "upstream-words" }), 2],
  ["404 and a code", fails(404, "deviceauth_authorization_pending"), 2],
  ["404 and nothing", replies(404), 2],
  ["404 and text", replies(404, "upstream-words"), 2],
  ["400 and an unknown login", fails(400, "deviceauth_authorization_unknown"), 2],
  ["a flat code", fails(400, "deviceauth_authorization_pending", "flat"), 2],
  ["a bare code in capitals", fails(400, "DEVICEAUTH_AUTHORIZATION_PENDING", "bare"), 2],
  ["200 and a code", replies(200, errorBody("deviceauth_authorization_pending")), 2],
];

const INTERVALS: [what: string, interval: unknown, pause: number][] = [
  ["nothing", undefined, 5],
  ["null", null, 5],
  ["a text", "4", 4],
  ["a number", 4, 4],
  ["milliseconds", 4000, 4],
  ["too often", "1", 2],
  ["zero", 0, 2],
  ["a negative number", -5, 2],
  ["words", "soon", 2],
  ["an object", { seconds: 9 }, 2],
];

testWith(
  NEEDS,
  "login openai-oauth --device asks at the server's pace until the code is entered",
  async (t) => {
    const rows: Row[] = [
      ...PENDING.map(([what, fault, pause]): Row => [`first ${what}`, { poll: first(1, fault) }, [2, pause]]),
      ...INTERVALS.map(([what, interval, pause]): Row => {
        return [`every: ${what}`, { usercode: changes({ interval }) }, [pause]];
      }),
      ["the code's older name", { usercode: changes(olderName) }, [2]],
    ];
    await sideBySide(t, rows, async ([, { usercode, poll }, pauses]) => {
      const { noting, assertPauses } = makeArrivals();
      await using scene = await startDeviceScene({ usercode: noting(usercode), poll: noting(poll) });
      const { box, codex } = scene;
      assertRun(scene, await logInByCode(box, LOGIN, codex.approveDevice), 0, /logged in/);
      assert.equal(codex.counts.exchange, 1);
      assertPauses(pauses);
      assert.deepEqual(await storedNames(box), ["login:openai-oauth"]);
    });
  },
);

function olderName({ user_code: usercode, ...rest }: Json): Json {
  return { ...rest, usercode };
}
