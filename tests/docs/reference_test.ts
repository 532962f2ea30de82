import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT_CODES } from "../../lib/errors.ts";
import { EXIT_CODES as DESCRIBED } from "../../scripts/docs/facts.ts";
import { documents } from "../../scripts/docs/main.ts";
import { ROOT } from "../support/needs.ts";

Deno.test("what is made from the command tree and the provider table is up to date", async () => {
  for (const [path, text] of await documents()) {
    assert.equal(await Deno.readTextFile(join(ROOT, path)), text, `run: scripts/deno task docs (${path})`);
  }
});

Deno.test("docs/reference.md describes every exit code", () => {
  const codes = [...new Set([0, ...Object.values(EXIT_CODES)])].toSorted((a, b) => a - b);
  assert.deepEqual(DESCRIBED.map(({ term }) => Number(term)), codes);
});
