import assert from "node:assert/strict";
import { assertRun, callsIn, storedNames } from "../support/login_run.ts";
import { testWith } from "../support/needs.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { blocked, cuts, type Fault, makeHang, movesTo, replies } from "../support/vendors/faults.ts";
import { type LoginScene, startLoginScene } from "../support/vendors/login_scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const LOGIN = ["login", "zhipu-coding-plan"];

/** All that may be asked. */
const CALL = "GET api.z.ai/api/coding/paas/v4/models";

/** Why nothing is stored: what stands between, the exit code, what is said, and how often the plan is asked. */
const REFUSED: [what: string, fault: Fault, code: number, says: RegExp][] = [
  ["a silent server", makeHang().fault, 7, /could not be checked: it did not answer within ten seconds/],
  ["half an answer", cuts, 7, /could not be checked: its answer broke off/],
  ["a firewall's page", blocked, 7, /could not be checked: the provider answered with status 403/],
  ["a page", replies(200, "<html>", { "content-type": "text/html" }), 7, /an answer that is no JSON/],
  ["an error with status 200", replies(200, { error: { code: "500" } }), 7, /answered with an error/],
  ["500", replies(500, { error: "upstream-words" }), 7, /answered with status 500/],
  ["429", replies(429, "upstream-words"), 7, /too many requests, or no balance/],
  ["a redirect", movesTo("https://elsewhere.test/"), 7, /a redirect, which is not followed/],
  [
    "no balance",
    replies(429, { error: { code: "1113" } }),
    3,
    /the plan does not accept it \(no plan, or no balance\)/,
  ],
  [
    "an expired plan",
    replies(403, { error: { code: "1309" } }),
    3,
    /the plan does not accept it \(the plan has expired\)/,
  ],
  [
    "403",
    replies(403, { error: { code: "1220" } }),
    3,
    /the plan does not accept it \(it may not use this/,
  ],
];

testWith(NEEDS, "login zhipu-coding-plan stores nothing that the plan did not take", async (t) => {
  await sideBySide(t, REFUSED, async ([, models, code, says]) => {
    await using scene = await startLoginScene(["elsewhere.test"]);
    scene.zhipu.traps.models = models;
    const run = await scene.box.run(LOGIN, { stdin: scene.zhipu.makeKey("global") });
    assertRun(scene, run, code, says);
    assert.deepEqual(await storedNames(scene.box), []);
    assert.deepEqual(callsIn(scene), [CALL]);
  });
  await t.step("unreachable", async () => {
    await using scene = await startLoginScene();
    const stdin = scene.zhipu.makeKey("global");
    await scene.providers[Symbol.asyncDispose]();
    assertRun(
      scene,
      await scene.box.run(LOGIN, { stdin }),
      7,
      /could not be checked: api\.z\.ai could not be/,
    );
    assert.deepEqual(await storedNames(scene.box), []);
  });
});

const LOGIN_AGAIN = "agentgazer login zhipu-coding-plan";
const NOT_ACCEPTED = new RegExp(
  `: the plan does not accept it\\n.*hint: make one on https://z\\.ai/\\S+, then: ${LOGIN_AGAIN}; ` +
    `for a key of bigmodel\\.cn: ${LOGIN_AGAIN} --region cn\\n$`,
);

/** Keys that the plan does not take, and those that are not even shown to it. */
const KEYS: [what: string, key: (scene: LoginScene) => string, code: number, says: RegExp, calls: number][] =
  [
    ["a wrong one", () => "0123456789abcdef.wrong", 3, NOT_ACCEPTED, 1],
    ["one taken back", takenBack, 3, NOT_ACCEPTED, 1],
    ["another region's", ({ zhipu }) => zhipu.makeKey("cn"), 3, NOT_ACCEPTED, 1],
    [
      "one without a plan",
      withoutPlan,
      3,
      /the plan does not accept it \(no plan, or no balance\)/,
      1,
    ],
    ["nothing", () => "", 2, /the Zhipu GLM Coding Plan key: it is empty/, 0],
    ["two lines", () => "a.b\nc.d\n", 2, /holds white space or more than one line/, 0],
    ["a header", () => "a.b\r\nx: y", 2, /holds white space or more than one line/, 0],
    ["letters outside ASCII", () => "a.b\u00e9", 2, /holds a character outside ASCII/, 0],
    ["a flood", () => "a".repeat(100_000), 2, /is longer than 8192 bytes/, 0],
    [
      "another provider's",
      () => "sk-ant-api03-abc",
      6,
      /like a key of Anthropic\n.*hint: agentgazer login/,
      0,
    ],
  ];

testWith(
  NEEDS,
  "login zhipu-coding-plan shows a key to the coding endpoint of its region only",
  async (t) => {
    await sideBySide(t, KEYS, async ([, key, code, says, calls]) => {
      await using scene = await startLoginScene();
      const stdin = key(scene);
      const run = await scene.box.run(LOGIN, { stdin });
      assertRun(scene, run, code, says);
      assert.deepEqual(await storedNames(scene.box), []);
      assert.deepEqual(callsIn(scene), Array(calls).fill(CALL));
      assert.doesNotMatch(run.stderr, /--force/);
      if (stdin.length > 5) assert.ok(!run.stderr.includes(stdin.trim().slice(0, 30)));
    });
  },
);

function takenBack({ zhipu }: LoginScene): string {
  const key = zhipu.makeKey("global");
  zhipu.revokeKey(key);
  return key;
}

function withoutPlan({ zhipu }: LoginScene): string {
  zhipu.settings.hasPlan = false;
  return zhipu.makeKey("global");
}
