import assert from "node:assert/strict";
import { isGraphicalSession, SESSION_PROGRAMS } from "../../backends/gui_session.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary_folder.ts";
import { writeProgram } from "../support/write_program.ts";

type Env = Readonly<Record<string, string>>;

/** What `launchctl managername` prints in a session of a person at the screen. */
const AQUA = "echo Aqua";

/** A script in place of a program; it writes its name and arguments down. `undefined` makes none. */
function program(folder: TemporaryFolder, name: string, script: string | undefined): string {
  const path = folder.at(name);
  if (script === undefined) return path;
  writeProgram(path, `#!/bin/sh\necho "${name} $*" >> '${folder.at("log")}'\n${script}\n`);
  return path;
}

/** Whether the session counts as graphical, and what was started. */
async function outcome(
  launchctl: string | undefined,
  pgrep: string | undefined,
  env: Env = {},
): Promise<[graphical: boolean, log: string[]]> {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(folder.at("log"), "");
  const programs = {
    launchctl: program(folder, "launchctl", launchctl),
    pgrep: program(folder, "pgrep", pgrep),
  };
  const graphical = await isGraphicalSession((name) => env[name], programs);
  return [graphical, Deno.readTextFileSync(folder.at("log")).split("\n").filter((line) => line !== "")];
}

Deno.test("isGraphicalSession() is true below Aqua with a WindowServer", async () => {
  assert.deepEqual(await outcome(AQUA, "exit 0"), [
    true,
    ["launchctl managername", "pgrep -x WindowServer"],
  ]);
  assert.equal((await outcome("printf Aqua", "echo 123"))[0], true);
});

const NONE: [what: string, launchctl: string | undefined, pgrep: string | undefined, started: number][] = [
  ["a daemon's session", "echo Background", "exit 0", 1],
  ["the system's session", "echo System", "exit 0", 1],
  ["the login window", "echo LoginWindow", "exit 0", 1],
  ["a session that is called otherwise", "echo 'Aqua 2'", "exit 0", 1],
  ["a small letter", "echo aqua", "exit 0", 1],
  ["two lines", "echo Aqua; echo Aqua", "exit 0", 1],
  ["Aqua on stderr", "echo Aqua >&2", "exit 0", 1],
  ["no answer", "exit 1", "exit 0", 1],
  ["no launchctl", undefined, "exit 0", 0],
  ["no WindowServer", AQUA, "exit 1", 2],
  ["a pgrep that fails", AQUA, "exit 3", 2],
  ["a pgrep that is killed", AQUA, "kill -9 $$", 2],
  ["no pgrep", AQUA, undefined, 1],
];

Deno.test("isGraphicalSession() is false", async (t) => {
  for (const [what, launchctl, pgrep, started] of NONE) {
    await t.step(`for ${what}`, async () => {
      const [graphical, log] = await outcome(launchctl, pgrep);
      assert.equal(graphical, false);
      assert.equal(log.length, started);
    });
  }
});

Deno.test("isGraphicalSession() is false over SSH, and asks nobody", async (t) => {
  for (const name of ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"]) {
    await t.step(name, async () => {
      assert.deepEqual(await outcome(AQUA, "exit 0", { [name]: "x" }), [false, []]);
    });
  }
});

Deno.test("SESSION_PROGRAMS are absolute paths", () => {
  assert.deepEqual(SESSION_PROGRAMS, { launchctl: "/bin/launchctl", pgrep: "/usr/bin/pgrep" });
});
