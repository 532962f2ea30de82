import assert from "node:assert/strict";
import {
  beginLogin,
  browserScene,
  freed,
  partsOf,
  secretsIn,
  storedIn,
  visit,
} from "../support/browser_login.ts";
import { readableOn, startOnTerminal } from "../support/login_run.ts";
import { EXECUTABLE, testWith } from "../support/needs.ts";
import type { Pty } from "../support/pty.ts";
import { makeHang } from "../support/vendors/faults.ts";
import type { LoginScene } from "../support/vendors/login_scene.ts";

const NEEDS = ["compile", "namespace", "openssl", "script"] as const;

const LOGIN = ["login", "openai-oauth", "--no-browser"];
const SPINNER = /\r.\[2K([-\\|/]) (10:00|9:5\d) left, waiting for the login in the browser/;

testWith(NEEDS, "on a terminal, what is pasted is not shown", async (t) => {
  await using scene = await browserScene();
  await using pty = startOnTerminal(scene, LOGIN);
  const url = await waitingOn(pty);
  const right = scene.codex.approve(url);
  await t.step("a wrong address is told, and waiting goes on", async () => {
    await pty.type("http://localhost:1457/auth/callback?code=ac_pasted-once&state=never-shown\r");
    await pty.shown(
      /\r.\[2Kagentgazer: paste the address that begins with .*\r\n\r.\[2K[-\\|/] (10:00|9:5\d) /,
    );
  });
  await t.step("keys that edit a line, or a shell would take, do nothing but that", async () => {
    await pty.type("\x04\x1a\x1c\x1b[A\x15wrong\x7f\x7f\x7f\x7f\x7f");
    await pty.type(`${right}\r`);
    await pty.shown(/the-end/);
  });
  await t.step("nothing of either is on the screen", () => {
    const [shown] = pty.screen().split("code=0");
    assert.doesNotMatch(shown!, /ac_|never-shown|wrong|\^/);
    assert.equal(pty.screen().split(partsOf(url).state).length, 2, "the state is in the URL alone");
    assert.deepEqual(secretsIn(scene, pty.screen()), []);
  });
  await t.step("the spinner is gone, and the terminal as before", () => {
    const shown = readableOn(pty.screen());
    assert.match(shown, /^agentgazer: logged in to OpenAI Codex as someone@example\.test \(plus\)$/m);
    assert.match(shown, /^code=0$/m);
    assert.doesNotMatch(shown, /left, waiting/);
    assertRestored(pty);
  });
  assert.deepEqual(await storedIn(scene), ["openai-oauth"]);
});

testWith(NEEDS, "on a terminal, the time left counts down until the browser comes back", async () => {
  await using scene = await browserScene();
  await using pty = startOnTerminal(scene, LOGIN, { columns: 40 });
  const url = await waitingOn(pty, /[-\\|/] (10:00|9:5\d) left, waiting for the login in t?\r/);
  const frames = await pty.shown(/\r.\[2K- [^]*\r.\[2K\\ [^]*\r.\[2K\| [^]*\r.\[2K\/ /);
  assert.match(frames[0], / (10:00|9:5\d) left/);
  await pty.shown(/ 9:5[0-8] left/);
  assert.equal((await visit(scene.codex.approve(url))).status, 200);
  await pty.shown(/code=0\r[^]*the-end/);
  assertRestored(pty);
});

testWith(NEEDS, "on a terminal, Ctrl-C and signals end a login, and give the terminal back", async (t) => {
  await using scene = await browserScene();
  const rows: [name: string, stop: (pty: Pty) => void | Promise<void>][] = [
    ["Ctrl-C", (pty) => pty.type("\x03")],
    ["Ctrl-C in the middle of a line", (pty) => pty.type("half of an address\x03")],
    ["SIGINT", () => signal(scene, "SIGINT")],
    ["SIGTERM", () => signal(scene, "SIGTERM")],
    ["SIGHUP", () => signal(scene, "SIGHUP")],
  ];
  for (const [name, stop] of rows) {
    await t.step(name, async () => {
      await using pty = startOnTerminal(scene, LOGIN);
      await waitingOn(pty);
      await stop(pty);
      await pty.shown(/the-end/);
      assert.match(
        readableOn(pty.screen()),
        /\nagentgazer: Interrupted, nothing was changed\ncode=130\n/,
      );
      assertRestored(pty);
      assert.doesNotMatch(pty.screen(), /half of|\bat .*:\d/);
      await freed(1455);
    });
  }
});

testWith(NEEDS, "a signal ends a login that waits, and one whose code is being exchanged", async (t) => {
  await using scene = await browserScene();
  const { codex } = scene;
  const rows: [signal: Deno.Signal, when: "waiting" | "before" | "after"][] = [
    ["SIGINT", "waiting"],
    ["SIGTERM", "waiting"],
    ["SIGHUP", "waiting"],
    ["SIGTERM", "before"],
    ["SIGINT", "after"],
  ];
  for (const [name, when] of rows) {
    await t.step(`${name} ${when === "waiting" ? "while it waits" : `${when} the exchange`}`, async () => {
      await using login = await beginLogin(scene);
      const hang = makeHang(when === "after" ? "after" : "before");
      codex.traps.exchange = hang.fault;
      const page = when === "waiting" ? undefined : visit(codex.approve(login.url));
      if (page !== undefined) await hang.arrived;
      login.running.kill(name);
      // An answer that comes when nobody waits for it any more.
      await freed(1455);
      hang.release();
      const { code, stdout, stderr } = await login.ended;
      assert.deepEqual([code, stdout], [130, ""]);
      assert.match(stderr, /left\)\nagentgazer: Interrupted, nothing was changed\n$/);
      assert.notEqual((await page)?.status, 200);
      assert.deepEqual(await storedIn(scene), []);
      await freed(1455);
    });
  }
});

/** The page's address, once the spinner turns. */
async function waitingOn(pty: Pty, spinner = SPINNER): Promise<string> {
  const [, url] = await pty.shown(/^(https:\S+)\r\n/m);
  // The second frame: by then the terminal shows nothing that is typed.
  await pty.shown(/\r.\[2K\\ /);
  assert.match(pty.screen(), spinner);
  return url!;
}

/** It shows what is typed, by lines, and Ctrl-C is a signal. */
function assertRestored(pty: Pty): void {
  for (const flag of ["echo", "icanon", "isig", "opost"]) {
    assert.match(pty.screen(), new RegExp(`(?<!-)\\b${flag}\\b`));
  }
}

/** Sends a signal to the login of this scene, which runs behind a shell. */
function signal({ folder }: LoginScene, name: Deno.Signal): void {
  for (const { name: pid } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const isLogin = Deno.readTextFileSync(`/proc/${pid}/cmdline`).startsWith(`${EXECUTABLE}\0login\0`);
      if (isLogin && Deno.readTextFileSync(`/proc/${pid}/environ`).includes(`TMPDIR=${folder}\0`)) {
        Deno.kill(Number(pid), name);
      }
    } catch {
      // It has ended.
    }
  }
}
