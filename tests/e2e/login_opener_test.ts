import assert from "node:assert/strict";
import { join } from "node:path";
import { beginLogin, browserScene, busyPort, secretsIn, storedIn, visit } from "../support/browser_login.ts";
import { type Behaviour, fakeOpeners } from "../support/fake_openers.ts";
import { testWith } from "../support/needs.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** What a browser needs of a session. */
const SESSION: Readonly<Record<string, string>> = {
  DISPLAY: ":7",
  WAYLAND_DISPLAY: "wayland-7",
  XAUTHORITY: "/run/xauthority-7",
  DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus",
  XDG_RUNTIME_DIR: "/nonexistent/run",
  XDG_CURRENT_DESKTOP: "GNOME",
  XDG_DATA_DIRS: "/usr/share",
};

/** What others have there. */
const OTHERS: Readonly<Record<string, string>> = {
  AGENTGAZER_SECRET_BACKEND: "machine",
  OPENAI_API_KEY: "sk-proj-not-for-others",
  SSH_AUTH_SOCK: "/nonexistent/agent",
  BROWSER: "/nonexistent/browser",
  XDG_CONFIG_HOME: "/nonexistent/config",
  NO_COLOR: "1",
};

const NOTE = "(No browser could be opened here: open the page yourself";

testWith(NEEDS, "login opens the page in the browser, and hands over no more than that", async (t) => {
  await using scene = await browserScene();
  using openers = fakeOpeners(scene.folder, { "xdg-open": "works" });
  const options = { wrapper: openers.wrapper, env: { ...SESSION, ...OTHERS, BASH_ENV: "/nonexistent/rc" } };
  await using login = await beginLogin(scene, [], options);
  assert.equal((await visit(scene.codex.approve(login.url))).status, 200);
  const { code, stderr } = await login.ended;
  assert.equal(code, 0, stderr);
  const [opened, ...others] = openers.opened();
  assert.deepEqual(others, []);
  await t.step("the URL is its one argument", () => {
    assert.equal(opened!.program, "xdg-open");
    assert.deepEqual(opened!.args, [login.url]);
  });
  await t.step("only what a browser needs is in its environment", () => {
    const PATH = "/usr/local/bin:/usr/bin:/bin";
    assert.deepEqual(opened!.env, { PATH, HOME: join(scene.folder, "home"), ...SESSION });
  });
  await t.step("it neither reads nor writes the terminal, and Ctrl-C does not end it", () => {
    assert.deepEqual(opened!.streams, ["/dev/null", "/dev/null", "/dev/null"]);
    assert.equal(opened!.isDetached, true);
  });
  await t.step("it gets no secret, and the note is not shown", () => {
    assert.ok(scene.codex.secrets().length > 4);
    assert.deepEqual(secretsIn(scene, JSON.stringify(opened)), []);
    assert.ok(!stderr.includes(NOTE));
  });
});

testWith(NEEDS, "without a browser the page can be opened by hand", async (t) => {
  await using scene = await browserScene();
  const remote = { SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" };
  const rows: [name: string, behaviour: Behaviour | undefined, env: Record<string, string>, note: string][] =
    [
      ["xdg-open is missing", undefined, {}, `${NOTE}.)`],
      ["xdg-open fails", "fails", {}, `${NOTE}.)`],
      ["far away", "fails", remote, `${NOTE}, on any machine.)`],
    ];
  for (const [name, behaviour, env, note] of rows) {
    await t.step(name, async () => {
      using openers = fakeOpeners(scene.folder, behaviour === undefined ? {} : { "xdg-open": behaviour });
      await using login = await beginLogin(scene, [], { wrapper: openers.wrapper, env });
      await login.running.shown(/^\(No browser could be opened here.*\n/m);
      assert.ok(login.running.screen().includes(`${note}\n`), login.running.screen());
      assert.equal(login.running.screen().split(login.url).length, 2);
      assert.equal((await visit(scene.codex.approve(login.url))).status, 200);
      assert.equal((await login.ended).code, 0);
      assert.equal(openers.opened().length, behaviour === undefined ? 0 : 1);
    });
  }
  await t.step("xdg-open is the browser, and runs on", async () => {
    using openers = fakeOpeners(scene.folder, { "xdg-open": "hangs" });
    await using login = await beginLogin(scene, [], { wrapper: openers.wrapper });
    assert.equal((await visit(scene.codex.approve(login.url))).status, 200);
    const { code, stderr } = await login.ended;
    assert.equal(code, 0, stderr);
    assert.ok(!stderr.includes(NOTE));
    // As long as it is there, it takes this signal.
    Deno.kill(openers.opened()[0]!.pid, "SIGCONT");
  });
  assert.deepEqual(await storedIn(scene), ["openai-oauth"]);
});

testWith(NEEDS, "no browser is opened where none is wanted or could come back", async (t) => {
  await using scene = await browserScene();
  using openers = fakeOpeners(scene.folder, {
    "xdg-open": "works",
    "rundll32.exe": "works",
    wslview: "works",
  });
  const { wrapper } = openers;
  await t.step("--no-browser", async () => {
    await using login = await beginLogin(scene, ["--no-browser"], { wrapper });
    assert.equal((await visit(scene.codex.approve(login.url))).status, 200);
    assert.equal((await login.ended).code, 0);
  });
  await t.step("other programs have both ports", async () => {
    using _first = busyPort(1455, ["127.0.0.1"]);
    using _second = busyPort(1457, ["::1"]);
    assert.equal((await scene.box.run(["login", "openai-oauth"], { wrapper })).code, 7);
  });
  await t.step("the runtime would write down the keys of connections", async () => {
    const env = { SSLKEYLOGFILE: "/dev/null" };
    assert.equal((await scene.box.run(["login", "openai-oauth"], { wrapper, env })).code, 6);
  });
  assert.deepEqual(openers.opened(), []);
});

testWith(NEEDS, "on WSL the browser of Windows is tried first", async (t) => {
  await using scene = await browserScene();
  const all = ["rundll32.exe", "wslview", "xdg-open"];
  const wsl = { WSL_DISTRO_NAME: "Debian", WSL_INTEROP: "/run/WSL/1_interop" };
  const rows: [
    name: string,
    there: Record<string, Behaviour>,
    env: Record<string, string>,
    tried: string[],
  ][] = [
    ["it works", { "rundll32.exe": "works", wslview: "works", "xdg-open": "works" }, wsl, all.slice(0, 1)],
    ["all fail", { "rundll32.exe": "fails", wslview: "fails", "xdg-open": "fails" }, wsl, all],
    ["rundll32.exe is missing", { wslview: "works", "xdg-open": "works" }, wsl, ["wslview"]],
    ["nothing of Windows is there", { "xdg-open": "works" }, wsl, ["xdg-open"]],
    ["elsewhere", { "rundll32.exe": "works", wslview: "works", "xdg-open": "works" }, {}, ["xdg-open"]],
  ];
  for (const [name, there, env, tried] of rows) {
    await t.step(name, async () => {
      using openers = fakeOpeners(scene.folder, there);
      await using login = await beginLogin(scene, [], { wrapper: openers.wrapper, env });
      assert.equal((await visit(scene.codex.approve(login.url))).status, 200);
      const { code, stderr } = await login.ended;
      assert.equal(code, 0, stderr);
      const opened = openers.opened();
      assert.deepEqual(opened.map(({ program }) => program), tried);
      for (const { program, args, env: got } of opened) {
        const before = program === "rundll32.exe" ? ["url.dll,FileProtocolHandler"] : [];
        assert.deepEqual(args, [...before, login.url]);
        const { PATH: _, HOME: __, ...session } = got;
        // Without a display nobody would see a browser for text.
        assert.deepEqual(session, { BROWSER: "/bin/false", ...env });
      }
      assert.equal(stderr.includes(NOTE), Object.values(there).every((behaviour) => behaviour === "fails"));
    });
  }
});
