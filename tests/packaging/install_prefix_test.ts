import assert from "node:assert/strict";
import type { Entry } from "../support/installer/archive.ts";
import { pathOf } from "../support/installer/path_of.ts";
import { put } from "../support/installer/put.ts";
import { assertRefused } from "../support/installer/refused.ts";
import { installed, NAME, release, VERSION } from "../support/installer/release.ts";
import { makeScene } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

testWith(["setpriv"], "install.sh refuses a prefix of another user", async () => {
  await using scene = makeScene();
  for (const [name, mode] of [["", 0o755], ["home", 0o755], ["tools", 0o755], ["tmp", 0o1777]] as const) {
    Deno.chmodSync(scene.folder.at(name), mode);
  }
  put("home", ".local", "bin", "agentgazer")(scene);
  const files = scene.files();
  const wrapper = [pathOf("setpriv")!, "--reuid=65534", "--regid=65534", "--clear-groups"];
  assertRefused(await scene.run([], { wrapper }), /cannot write to .*; nothing was installed/);
  assert.deepEqual(scene.files(), files);
});

testWith(["setpriv"], "install.sh works for a root that may not give files away", async () => {
  await using scene = makeScene();
  const wrapper = [pathOf("setpriv")!, "--inh-caps=-chown", "--bounding-set=-chown"];
  const run = await scene.run([], { wrapper });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(scene.files(), installed(scene.prefix));
});

testWith(["namespace"], "install.sh refuses a file system that can't hold it", async (t) => {
  const large = `#!/bin/sh\necho ${VERSION}\nexit\n${"#\n".repeat(1 << 20)}`;
  const rows: [what: string, mount: string, says: RegExp, entries?: Entry[]][] = [
    ["noexec", "noexec", /does not run in/],
    ["full", "size=1m", /cannot write to .*\/bin; nothing was installed/, release(large)],
    ["read-only", "ro", /cannot write to/],
  ];
  for (const [what, mount, says, entries = release()] of rows) {
    await t.step(what, async () => {
      await using scene = makeScene({ entries });
      Deno.mkdirSync(scene.prefix);
      const within = `PATH=$PATH:/usr/bin:/bin:/usr/sbin:/sbin
        mount -t tmpfs -o ${mount} none "$HOME/.local" && { "$@"; code=$?; }
        find "$HOME/.local" -type f; exit $code`;
      const wrapper = [pathOf("unshare")!, "-m", "/bin/sh", "-c", within, "-"];
      const run = await scene.run([], { wrapper });
      assertRefused(run, says);
      assert.equal(run.stdout, `Downloading ${NAME}.tar.gz\n`);
      assert.deepEqual(scene.files(), {});
    });
  }
});
