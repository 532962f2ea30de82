import assert from "node:assert/strict";
import { runCommand } from "../../backends/command.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary_folder.ts";

/** Longer than any of these children takes, shorter than a person waits. In milliseconds. */
const AMPLE = 20_000;

Deno.test("runCommand() tells once that a child is slow, and waits on", async () => {
  using folder = temporaryFolder();
  makePipe(folder);
  let told = 0;
  // The child ends only because it was told.
  const onSlow = () => {
    told++;
    Deno.writeTextFileSync(folder.at("pipe"), "go\n");
  };
  const result = await runCommand("/bin/cat", [folder.at("pipe")], { deadline: AMPLE, onSlow });
  assert.deepEqual(result, { state: "ended", code: 0, stdout: "go\n", stderr: "" });
  assert.equal(told, 1);
});

Deno.test("runCommand() leaves no timer behind that could tell it later", async () => {
  const options = { deadline: AMPLE, onSlow: () => assert.fail("it was not slow") };
  for (const script of ["exit 0", "exit 1", "echo x"]) {
    assert.equal((await runCommand("/bin/sh", ["-c", script], options)).state, "ended");
  }
});

function makePipe(folder: TemporaryFolder): void {
  new Deno.Command("mkfifo", { args: ["-m", "600", folder.at("pipe")] }).outputSync();
}
