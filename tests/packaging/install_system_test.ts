import assert from "node:assert/strict";
import { installed, release, VERSION } from "../support/installer/release.ts";
import { makeScene } from "../support/installer/scene.ts";
import { machine, type Tools } from "../support/installer/tools.ts";
import { testWith } from "../support/needs.ts";

testWith([], "install.sh takes the archive of the machine", async (t) => {
  const rows: [system: string, processor: string, triple: string, more?: Tools][] = [
    ["Linux", "x86_64", "x86_64-unknown-linux-gnu"],
    ["Linux", "amd64", "x86_64-unknown-linux-gnu"],
    ["Linux", "aarch64", "aarch64-unknown-linux-gnu"],
    ["Linux", "arm64", "aarch64-unknown-linux-gnu"],
    ["Darwin", "x86_64", "x86_64-apple-darwin"],
    ["Darwin", "x86_64", "x86_64-apple-darwin", { sysctl: "echo 0" }],
    ["Darwin", "x86_64", "x86_64-apple-darwin", { sysctl: undefined }],
    ["Darwin", "x86_64", "aarch64-apple-darwin", { sysctl: "echo 1" }],
    ["Darwin", "arm64", "aarch64-apple-darwin", { sysctl: "echo 1", ldd: undefined, getconf: "exit 1" }],
    ["Linux", "x86_64", "x86_64-unknown-linux-gnu", { getconf: "echo glibc 2.27" }],
    ["Linux", "x86_64", "x86_64-unknown-linux-gnu", { getconf: "echo glibc 2.30.9000" }],
    ["Linux", "x86_64", "x86_64-unknown-linux-gnu", { getconf: "echo glibc 3.0" }],
    ["Linux", "x86_64", "x86_64-unknown-linux-gnu", { getconf: "echo undefined", ldd: undefined }],
    ["Linux", "aarch64", "aarch64-unknown-linux-gnu", { getconf: "[ $1 = LONG_BIT ] && echo 64" }],
    ["Linux", "x86_64", "x86_64-unknown-linux-gnu", { getconf: "[ $1 != LONG_BIT ] && echo glibc 2.36" }],
    ["Linux", "x86_64", "x86_64-unknown-linux-gnu", { getconf: undefined, ldd: "exit 1" }],
  ];
  for (const [system, processor, triple, more] of rows) {
    await t.step(`${system} on ${processor} ${JSON.stringify(more ?? {})}`, async () => {
      const name = `agentgazer-${VERSION}-${triple}`;
      const entries = release(undefined, name);
      await using scene = makeScene({ entries, tools: machine(system, processor, more) });
      const run = await scene.run();
      assert.equal(run.code, 0, run.stderr);
      assert.deepEqual(scene.asked, [`/${name}.tar.gz`]);
      assert.deepEqual(scene.files(), installed(scene.prefix));
    });
  }
});
