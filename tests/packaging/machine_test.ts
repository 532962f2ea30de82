import assert from "node:assert/strict";
import { boot } from "../support/debian/machine.ts";
import { testWith } from "../support/needs.ts";
import { run } from "../support/packages.ts";

testWith(["nspawn"], "a machine that does not boot in time is ended, and nothing of it is left", async () => {
  const error: Error = await boot(1).then(() => assert.fail(), (error) => error);
  const [, root] = /^the machine in (\S+) does not boot/.exec(error.message) ?? [];
  assert.ok(root, error.message);
  assert.throws(() => Deno.statSync(root), Deno.errors.NotFound);
  assert.equal((await run("pgrep", ["-f", root])).code, 1);
});
