import assert from "node:assert/strict";
import { debFor, run } from "../support/packages.ts";
import { testWith } from "../support/needs.ts";

testWith(
  ["lintian"],
  "lintian finds neither errors nor warnings, and every override is needed",
  async (t) => {
    for (const architecture of ["amd64", "arm64"] as const) {
      await t.step(architecture, async () => {
        const args = ["--allow-root", "--display-info", "--fail-on=error,warning", debFor(architecture)];
        const { code, out, err } = await run("lintian", args);
        assert.equal(code, 0, out + err);
        assert.doesNotMatch(out, /^[EW]: |unused-override|mismatched-override/m);
      });
    }
  },
);
