import assert from "node:assert/strict";
import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { debFor, run } from "../support/packages.ts";
import { testWith } from "../support/needs.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

testWith(["arm64"], "the executable of the arm64 package runs on an arm64 processor", async () => {
  using folder = temporaryFolder();
  assert.equal((await run("dpkg-deb", ["--extract", debFor("arm64"), folder.path])).code, 0);
  const executable = join(folder.path, "usr/bin/agentgazer");
  const args = ["-L", "/usr/aarch64-linux-gnu", executable, "--version"];
  const { code, out, err } = await run("qemu-aarch64-static", args);
  assert.deepEqual([code, out], [0, `agentgazer ${config.version}\n`], err);
});
