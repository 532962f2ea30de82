import assert from "node:assert/strict";
import { runCommand } from "../../backends/command.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

/** Longer than any of these children takes, shorter than a person waits. */
const AMPLE = 20_000;

/** Soon enough that a child which sleeps for a minute is seen to be killed. */
const SOON = 200;

const OUTCOMES: [script: string, code: number, stdout: string][] = [
  ["echo hello", 0, "hello\n"],
  ["exit 44", 44, ""],
  ["printf 'a\\303\\274'; exit 1", 1, "aü"],
  ["echo secret >&2", 0, ""],
  ["cat; echo end", 0, "end\n"],
];

Deno.test("runCommand() gives the exit code and stdout, with nothing on stdin", async (t) => {
  for (const [script, code, stdout] of OUTCOMES) {
    await t.step(script, async () => {
      assert.deepEqual(await runCommand("/bin/sh", ["-c", script], AMPLE), { code, stdout });
    });
  }
});

Deno.test("runCommand() reads more than a pipe holds", async () => {
  const result = await runCommand("/usr/bin/head", ["-c", "1000000", "/dev/zero"], AMPLE);
  assert.equal(result?.stdout.length, 1_000_000);
});

Deno.test("runCommand() hands nothing of the environment on", async () => {
  Deno.env.set("AGENTGAZER_TEST_CANARY", "canary");
  try {
    assert.deepEqual(await runCommand("/usr/bin/env", [], AMPLE), { code: 0, stdout: "" });
  } finally {
    Deno.env.delete("AGENTGAZER_TEST_CANARY");
  }
});

Deno.test("runCommand() hands arguments on as they are", async () => {
  const args = ["a b", "", "$HOME", "*", "'"];
  const result = await runCommand("/usr/bin/printf", ["%s|", ...args], AMPLE);
  assert.equal(result?.stdout, args.map((arg) => arg + "|").join(""));
});

Deno.test("runCommand() gives nothing for a program that can't be started", async (t) => {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(folder.at("text"), "no program", { mode: 0o600 });
  for (const path of ["/nonexistent/program", folder.at("text"), folder.path]) {
    await t.step(
      path.startsWith("/non") ? "missing" : path === folder.path ? "a folder" : "a text",
      async () => {
        assert.equal(await runCommand(path, [], AMPLE), undefined);
      },
    );
  }
});

const SLOW: [what: string, path: string, args: string[]][] = [
  ["a child that sleeps", "/usr/bin/sleep", ["60"]],
  ["a child that ignores signals", "/bin/sh", ["-c", "trap '' TERM INT HUP; while :; do sleep 1; done"]],
  ["a child that writes for ever", "/usr/bin/yes", []],
  ["the output that a child of an ended child holds", "/bin/sh", ["-c", "sleep 20 & exit 0"]],
];

/** What is killed is cleaned up after the answer was given. */
const unsanitized = { sanitizeOps: false, sanitizeResources: false };

Deno.test({
  ...unsanitized,
  name: "runCommand() waits no longer than the deadline",
  async fn(t) {
    for (const [what, path, args] of SLOW) {
      await t.step({ ...unsanitized, name: `for ${what}`, fn: () => endsSoon(path, args) });
    }
  },
});

Deno.test({
  ...unsanitized,
  name: "runCommand() kills the child at the deadline",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using folder = temporaryFolder();
    await endsSoon("/bin/sh", ["-c", `echo $$ > ${folder.at("pid")}; exec sleep 60`]);
    const pid = Number(Deno.readTextFileSync(folder.at("pid")));
    while (!hasEnded(pid)) await new Promise((resolve) => setTimeout(resolve));
  },
});

async function endsSoon(path: string, args: string[]): Promise<void> {
  const start = performance.now();
  assert.equal(await runCommand(path, args, SOON), undefined);
  const took = performance.now() - start;
  assert.ok(took >= SOON - 1 && took < AMPLE, `it took ${took} ms`);
}

/** Whether a process is gone, or dead and not yet collected. */
function hasEnded(pid: number): boolean {
  try {
    return /\) [ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return true;
  }
}
