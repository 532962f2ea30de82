import assert from "node:assert/strict";
import { askingFor, isRemote, SILENT } from "../../backends/asking.ts";
import { fakeSystem } from "../support/fake_system.ts";

type Env = Readonly<Record<string, string>>;

const DESKTOPS: readonly Env[] = [{ DISPLAY: ":0" }, { WAYLAND_DISPLAY: "wayland-0" }];
const REMOTES = ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"];

const ATTENDED: [what: string, isTerminal: boolean, env: Env, attended: boolean][] = [
  ["a terminal", true, {}, true],
  ["a terminal on a desktop", true, { DISPLAY: ":0" }, true],
  ["a terminal under Wayland", true, { WAYLAND_DISPLAY: "wayland-0" }, true],
  ["SSH with a forwarded display", true, { SSH_CONNECTION: "a b c d", DISPLAY: "localhost:10.0" }, true],
  ...REMOTES.map((name): [string, boolean, Env, boolean] => [name, true, { [name]: "x" }, false]),
  ["no terminal", false, {}, false],
  ["no terminal on a desktop", false, { DISPLAY: ":0", WAYLAND_DISPLAY: "wayland-0" }, false],
  ...DESKTOPS.map((
    env,
  ): [string, boolean, Env, boolean] => ["a CI run", true, { ...env, CI: "true" }, false]),
  ["a CI run that says no", true, { CI: "false" }, false],
  ["a CI run over SSH", true, { CI: "1", SSH_TTY: "/dev/pts/0", DISPLAY: ":0" }, false],
];

Deno.test("askingFor() lets a keystore ask only where somebody sees its dialog", async (t) => {
  for (const [what, isTerminal, env, attended] of ATTENDED) {
    await t.step(`${what} ${JSON.stringify(env)}`, () => {
      const asking = askingFor(fakeSystem({ isTerminal, env }));
      assert.equal(asking.attended, attended);
      if (!attended) assert.equal(asking, SILENT);
      else assert.ok(asking.deadline >= 60_000 && asking.silentDeadline <= 10_000);
    });
  }
});

Deno.test("askingFor() goes by stderr, where the user is told, whatever stdin and stdout are", async (t) => {
  for (const stderr of [true, false]) {
    await t.step(`stderr is ${stderr ? "a" : "no"} terminal`, () => {
      const fake = fakeSystem({ isTerminal: !stderr });
      const terminal = { ...fake.terminal, stderr: { isTerminal: stderr } };
      assert.equal(askingFor({ env: fake.env, terminal }).attended, stderr);
    });
  }
});

Deno.test("askingFor() tells the user on stderr what is waited for", () => {
  const system = fakeSystem({ isTerminal: true });
  askingFor(system).tell("waiting for the keyring");
  assert.equal(system.stderr, "agentgazer: waiting for the keyring\n");
  assert.equal(system.stdout, "");
});

Deno.test("askingFor() says nothing to nobody, and waits no longer for them", () => {
  const system = fakeSystem({ isTerminal: true, env: { CI: "1" } });
  const asking = askingFor(system);
  asking.tell("waiting for the keyring");
  assert.equal(system.stderr + system.stdout, "");
  assert.equal(asking.deadline, asking.silentDeadline);
});

Deno.test("isRemote() is true for each variable of a session over SSH", async (t) => {
  for (const name of REMOTES) {
    await t.step(name, () => assert.equal(isRemote((one) => one === name ? "x" : undefined), true));
  }
  for (const name of ["SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH", "DISPLAY"]) {
    await t.step(`not ${name}`, () => assert.equal(isRemote((one) => one === name ? "x" : undefined), false));
  }
});
