import assert from "node:assert/strict";
import { fakeOpeners } from "../support/fake_openers.ts";
import { assertRun, assertTellsNothing, callsIn, listLogins, readableOn } from "../support/login_run.ts";
import { startOnTerminal, storedNames } from "../support/login_run.ts";
import { testWith } from "../support/needs.ts";
import { sideBySide } from "../support/side_by_side.ts";
import type { Region } from "../support/vendors/desk.ts";
import { startLoginScene } from "../support/vendors/login_scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const LOGIN = ["login", "zhipu-coding-plan"];

/** The regions, with the page of the keys, and the only address that may be asked. */
const REGIONS: [region: Region, args: string[], page: string, call: string][] = [
  ["global", [], "https://z.ai/manage-apikey/apikey-list", "GET api.z.ai/api/coding/paas/v4/models"],
  [
    "cn",
    ["--region", "cn"],
    "https://bigmodel.cn/usercenter/proj-mgmt/apikeys",
    "GET open.bigmodel.cn/api/coding/paas/v4/models",
  ],
];

testWith(
  NEEDS,
  "login zhipu-coding-plan takes a key on stdin, and keeps it once the plan took it",
  async (t) => {
    await sideBySide(t, REGIONS, async ([region, args, page, call]) => {
      await using scene = await startLoginScene();
      const key = scene.zhipu.makeKey(region);
      const run = await scene.box.run([...LOGIN, ...args], { stdin: key + "\n" });
      assertRun(scene, run, 0, /^agentgazer: logged in to Zhipu GLM Coding Plan\n.*hint: to use it: .*\n$/m);
      assert.match(run.stderr, /\nYour keys are on this page:\n(\S+)\n/);
      assert.ok(run.stderr.includes(page));
      assertNotice(run.stderr);
      assert.deepEqual(callsIn(scene), [call]);
      assert.equal(scene.providers.received[0]!.headers.get("authorization"), `Bearer ${key}`);
      const [login, ...others] = await listLogins(scene.box);
      assert.deepEqual([login?.id, login?.status, login?.region, others.length], [
        "zhipu-coding-plan",
        "logged-in",
        region,
        0,
      ]);
      assert.equal(`GET ${login!.endpoint.replace("https://", "")}/models`, call);
    });
  },
);

testWith([...NEEDS, "script"], "login zhipu-coding-plan asks for the key without showing it", async (t) => {
  const rows: [what: string, typed: (key: string) => string, code: number, stored: number, says: RegExp][] = [
    ["typed", (key) => `${key}\r`, 0, 1, /logged in to Zhipu GLM Coding Plan/],
    ["corrected", (key) => `wrong\x15${key}x\x7f\r`, 0, 1, /logged in to Zhipu GLM Coding Plan/],
    [
      "a wrong one",
      (key) => `${key}x\r`,
      3,
      0,
      /Cannot store the Zhipu GLM Coding Plan key: the plan does not accept it/,
    ],
    ["nothing", () => "\r", 2, 0, /Cannot store the Zhipu GLM Coding Plan key: it is empty/],
    ["Ctrl-C", (key) => `${key}\x03`, 130, 0, /Interrupted, nothing was changed/],
    ["two lines pasted", (key) => `${key}\r${key}\r`, 2, 0, /Cannot take more than one line/],
  ];
  await sideBySide(t, rows, async ([, typed, code, stored, says]) => {
    await using scene = await startLoginScene();
    using openers = fakeOpeners(scene.folder, { "xdg-open": "works" });
    const key = scene.zhipu.makeKey("global");
    await using pty = startOnTerminal(scene, LOGIN, { wrapper: openers.wrapper });
    await pty.shown(/Zhipu GLM Coding Plan API key \(not shown\): /);
    await pty.type(typed(key));
    await pty.shown(/the-end/);
    const text = readableOn(pty.screen());
    assert.match(text, says);
    assert.match(text, new RegExp(`^code=${code}$`, "m"));
    assert.match(text, /(?<!-)echo /);
    assertNotice(text);
    assertTellsNothing(scene, pty.screen());
    assert.deepEqual(openers.opened().flatMap(({ args }) => args), [
      "https://z.ai/manage-apikey/apikey-list",
    ]);
    assert.equal((await storedNames(scene.box)).length, stored);
  });
});

testWith(NEEDS, "login zhipu-coding-plan has no code, and two regions", async (t) => {
  await using scene = await startLoginScene();
  for (
    const [args, says] of [
      [["--device"], /has no login with a code\n.*hint: agentgazer login zhipu-coding-plan\n/],
      [["--region", "legacy"], /--region/],
      [["--region", "__proto__"], /--region/],
      [["--region", ""], /--region/],
    ] as const
  ) {
    await t.step(args.join(" "), async () => {
      const run = await scene.box.run([...LOGIN, ...args], { stdin: scene.zhipu.makeKey("global") });
      assertRun(scene, run, 2, says);
      assert.deepEqual(callsIn(scene), []);
    });
  }
});

/** Fails unless a text tells under which terms the plan may be used. */
function assertNotice(text: string): void {
  assert.match(text, /Zhipu has no public login for other programs: /);
  assert.match(
    text,
    /terms allow the plan in the coding tools that Zhipu lists[^]*can get the plan restricted/,
  );
}
