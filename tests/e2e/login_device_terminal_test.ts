import assert from "node:assert/strict";
import { renderUnicodeCompact } from "uqr";
import { startDeviceScene } from "../support/device_scene.ts";
import {
  assertRun,
  assertTellsNothing,
  readableOn,
  startOnTerminal,
  storedNames,
} from "../support/login_run.ts";
import { testWith } from "../support/needs.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { type Hang, makeHang } from "../support/vendors/faults.ts";

const NEEDS = ["compile", "namespace", "openssl", "script"] as const;
const LOGIN = ["login", "openai-oauth", "--device"];

/** What the telephone's camera should see. */
const PICTURE = renderUnicodeCompact("https://auth.openai.com/codex/device");
const WIDTH = PICTURE.indexOf("\n");

testWith(NEEDS, "login openai-oauth --device shows a picture where there is room", async (t) => {
  const rows: [what: string, columns: number, isShown: boolean][] = [
    ["wide", 200, true],
    ["just wide enough", WIDTH, true],
    ["too narrow by one column", WIDTH - 1, false],
    ["narrow", 20, false],
    ["a terminal that does not know how wide it is", 0, false],
  ];
  await sideBySide(t, rows, async ([, columns, isShown]) => {
    await using scene = await startDeviceScene();
    await using pty = startOnTerminal(scene, LOGIN, { columns });
    const [, code] = await pty.shown(/enter the code (\S+)\r\n[^]* left/);
    assert.equal(pty.screen().replaceAll("\r", "").includes(PICTURE), isShown);
    assert.equal(/[▀▄█]/.test(pty.screen()), isShown);
    assert.match(pty.screen(), /Open https:\/\/auth\.openai\.com\/codex\/device and/);
    assert.match(pty.screen(), /Nobody else needs this code/);
    scene.codex.approveDevice(code);
    await pty.shown(/the-end/);
    assertTellsNothing(scene, pty.screen());
    assert.match(readableOn(pty.screen()), /^agentgazer: logged in to OpenAI Codex as [^]*^code=0$/m);
  });
});

testWith(NEEDS, "login openai-oauth --device counts down until Ctrl-C, and stores nothing then", async () => {
  await using scene = await startDeviceScene();
  await using pty = startOnTerminal(scene, LOGIN);
  await pty.shown(/- (15:00|14:5\d) left, waiting for the code to be entered/);
  await pty.shown(/14:5[0-8] left, /);
  await pty.type("\x03");
  await pty.shown(/the-end/);
  const text = readableOn(pty.screen());
  assert.match(text, /^agentgazer: Interrupted, nothing was changed\ncode=130$/m);
  assert.match(text, /(?<!-)echo /);
  assert.match(text, /(?<!-)icanon /);
  assert.deepEqual(await storedNames(scene.box), []);
});

/** When the signal comes: while nothing is asked, or while the server is silent. */
const MOMENTS: [when: string, endpoint?: "poll" | "exchange", silence?: Parameters<typeof makeHang>[0]][] = [
  ["between two questions"],
  ["during a question", "poll"],
  ["while the code is exchanged", "exchange"],
  ["when the code was exchanged", "exchange", "after"],
];

testWith(NEEDS, "login openai-oauth --device stops asking when a signal ends it", async (t) => {
  const rows = (["SIGINT", "SIGTERM", "SIGHUP"] as const).flatMap((signal) =>
    MOMENTS.map(([when, endpoint, silence]) => [`${signal} ${when}`, signal, endpoint, silence] as const)
  );
  await sideBySide(t, rows, async ([, signal, endpoint, silence]) => {
    const hang: Hang | undefined = endpoint && makeHang(silence);
    await using scene = await startDeviceScene(endpoint && { [endpoint]: hang!.fault });
    const { box, codex } = scene;
    await using login = box.spawn(LOGIN);
    await login.shown(/waiting for/);
    if (endpoint === "exchange") codex.approveDevice();
    await hang?.arrived;
    login.kill(signal);
    assertRun(scene, await login.ended, 130, /\nagentgazer: Interrupted, nothing was changed\n$/);
    hang?.release();
    const { poll, exchange } = codex.counts;
    assert.deepEqual([poll, exchange], [Number(endpoint !== undefined), Number(endpoint === "exchange")]);
    assert.deepEqual(await storedNames(box), []);
  });
});
