import assert from "node:assert/strict";
import type { Run } from "../program.ts";

/** Asserts that the installer ended with an error that says this, and with a hint. */
export function assertRefused(run: Run, says: RegExp, code = 1, hints = /./): void {
  assert.equal(run.code, code, run.stdout + run.stderr);
  const [, error, hint] = /^install\.sh: error: ([^]+)\ninstall\.sh: hint: (.+)\n$/m.exec(run.stderr) ?? [];
  assert.match(error ?? run.stderr, says);
  assert.match(hint ?? run.stderr, hints);
}
