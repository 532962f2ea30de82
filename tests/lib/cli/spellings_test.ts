import assert from "node:assert/strict";
import { respell } from "../../../lib/cli/spellings.ts";
import { commandLine } from "../../support/command_line.ts";

const SAME: [typed: string, means: string][] = [
  ["help", "--help"],
  ["help start", "start --help"],
  ["help providers", "providers --help"],
  ["help providers set", "providers set --help"],
  ["version", "--version"],
  ["-v", "--version"],
  ["-V", "--version"],
  ["status", ""],
];

Deno.test("a command line that people try does what the program's own does", async (t) => {
  using box = commandLine();
  for (const [typed, means] of SAME) {
    await t.step(typed, async () => {
      const expected = await box.run(means.split(" ").filter(Boolean));
      assert.equal(expected.code, 0);
      assert.notEqual(expected.out, "");
      assert.deepEqual(await box.run(typed.split(" ")), expected);
    });
  }
});

Deno.test("respell() leaves every other command line as it is", () => {
  for (const typed of ["", "start", "start -v", "providers help", "version x", "-v start", "status --json"]) {
    const args = typed.split(" ").filter(Boolean);
    assert.deepEqual(respell(args), args);
  }
});

const STRAY: [typed: string, hint: string][] = [
  ["help strat", "agentgazer --help"],
  ["strat --help", "agentgazer --help"],
  ["help openai", "agentgazer providers set openai"],
  ["help clients ad", "agentgazer clients --help"],
  ["clients ad -h", "agentgazer clients --help"],
];

Deno.test("help of what is no command is not that of something else", async (t) => {
  using box = commandLine();
  for (const [typed, hint] of STRAY) {
    await t.step(typed, async () => {
      const err = `agentgazer: error: Unknown command\nagentgazer: hint: ${hint}\n`;
      assert.deepEqual(await box.run(typed.split(" ")), { code: 2, out: "", err });
    });
  }
});
