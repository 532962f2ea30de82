import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, testWith } from "../support/needs.ts";
import { run } from "../support/packages.ts";

const FOLDER = join(ROOT, "scripts", "packaging", "debian");

testWith(["shellcheck"], "shellcheck finds nothing in the scripts of the Debian package", async (t) => {
  for (const name of ["postinst", "prerm", "postrm", "user-generator"]) {
    await t.step(name, async () => {
      const { code, out, err } = await run("shellcheck", ["--norc", join(FOLDER, name)]);
      assert.equal(code, 0, out + err);
    });
  }
});
