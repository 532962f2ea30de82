import assert from "node:assert/strict";
import { type CommandOptions, runCommand } from "../../backends/command.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { processEnd } from "../support/process_end.ts";

/** Longer than any of these children takes, shorter than a person waits. In milliseconds. */
const AMPLE = 20_000;

/** Soon enough that a child which sleeps for a minute is seen to be killed. */
const SOON = 200;

const LATE: [what: string, script: string, options?: Partial<CommandOptions>][] = [
  ["a child that sleeps", "exec sleep 60"],
  ["a child that ignores signals", "trap '' TERM INT HUP; while :; do sleep 1; done"],
  ["a child that writes for ever", "exec yes"],
  ["a child that writes errors for ever", "exec yes >&2"],
  ["both outputs that a child of an ended child holds", "sleep 20 & exit 0"],
  ["stdout that a child of an ended child holds", "sleep 20 2>/dev/null & exit 0"],
  ["stderr that a child of an ended child holds", "sleep 20 >/dev/null & exit 0"],
  ["stderr, when stdout is thrown away", "sleep 20 & exit 0", { discardStdout: true }],
  ["a child that does not read", "exec sleep 60", { stdin: "x".repeat(1_000_000) }],
  ["a child that closes all and stays", "exec >&- 2>&- <&-; while :; do sleep 1; done"],
];

/** What is killed is cleaned up after the answer was given. */
const unsanitized = { sanitizeOps: false, sanitizeResources: false };

Deno.test({
  ...unsanitized,
  name: "runCommand() waits no longer than the deadline",
  async fn(t) {
    for (const [what, script, options] of LATE) {
      await t.step({ ...unsanitized, name: `for ${what}`, fn: () => isLate(script, options) });
    }
  },
});

Deno.test({
  ...unsanitized,
  name: "runCommand() kills the child at the deadline",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using folder = temporaryFolder();
    await isLate(`echo $$ > ${folder.at("pid")}; exec sleep 60`);
    const pid = Number(Deno.readTextFileSync(folder.at("pid")));
    await processEnd(pid);
  },
});

Deno.test({
  ...unsanitized,
  name: "runCommand() lets a child that has ended be, whose output is late",
  async fn() {
    await isLate("sleep 20 & exit 0");
    assert.equal((await runCommand("/bin/sh", ["-c", "exit 0"], { deadline: AMPLE })).state, "ended");
  },
});

Deno.test({
  ...unsanitized,
  name: "runCommand() tells it of a child that is late too, and of none that was killed before",
  async fn(t) {
    for (const [told, deadline] of [[1, 1500], [0, SOON]] as const) {
      await t.step({
        ...unsanitized,
        name: `at ${deadline} ms`,
        async fn() {
          let count = 0;
          const onSlow = () => void count++;
          const result = await runCommand("/bin/sh", ["-c", "exec sleep 60"], { deadline, onSlow });
          assert.deepEqual([result.state, count], ["late", told]);
        },
      });
    }
  },
});

async function isLate(script: string, options: Partial<CommandOptions> = {}): Promise<void> {
  const start = performance.now();
  const result = await runCommand("/bin/sh", ["-c", script], { ...options, deadline: SOON });
  assert.deepEqual(result, { state: "late" });
  const took = performance.now() - start;
  assert.ok(took >= SOON - 1 && took < AMPLE, `it took ${took} ms`);
}
