import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { Entry } from "../support/installer/archive.ts";
import { pathOf } from "../support/installer/path_of.ts";
import { putOlder } from "../support/installer/put.ts";
import { assertRefused } from "../support/installer/refused.ts";
import { installed, NAME, release, VERSION } from "../support/installer/release.ts";
import { makeScene } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

testWith(["setpriv"], "install.sh refuses a prefix of another user", async () => {
  await using scene = makeScene();
  for (const [name, mode] of [["", 0o755], ["home", 0o755], ["tools", 0o755], ["tmp", 0o1777]] as const) {
    Deno.chmodSync(scene.folder.at(name), mode);
  }
  putOlder("bin/agentgazer")(scene);
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
  const rows: [what: string, mount: string, says: RegExp, entries?: Entry[], hints?: RegExp][] = [
    ["noexec", "noexec", /does not run in .*[Pp]ermission denied/, release(), /noexec.*--prefix/],
    ["full", "size=1m", /cannot write to .*\/bin; nothing was installed/, release(large), /^make room/],
    ["read-only", "ro", /cannot write to/],
  ];
  for (const [what, mount, says, entries = release(), hints] of rows) {
    await t.step(what, async () => {
      await using scene = makeScene({ entries });
      Deno.mkdirSync(scene.prefix);
      const within = `PATH=$PATH:/usr/bin:/bin:/usr/sbin:/sbin
        mount -t tmpfs -o ${mount} none "$HOME/.local" && { "$@"; code=$?; }
        find "$HOME/.local" -type f; exit $code`;
      const wrapper = [pathOf("unshare")!, "-m", "/bin/sh", "-c", within, "-"];
      const run = await scene.run([], { wrapper });
      assertRefused(run, says, 1, hints);
      assert.equal(run.stdout, `Downloading ${NAME}.tar.gz\n`);
      assert.deepEqual(scene.files(), {});
    });
  }
});

testWith(["setpriv"], "install.sh under sudo installs for every user, whatever the umask is", async () => {
  await using scene = makeScene();
  const wrapper = ["/bin/sh", "-c", 'umask 77; exec "$@"', "-"];
  const prefix = scene.folder.at("opt", "agentgazer");
  const run = await scene.run(["--prefix", prefix], { wrapper });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(scene.files(), installed(prefix));
  Deno.chmodSync(scene.folder.path, 0o755);
  for (const name of ["", ...Object.keys(installed("")).map(dirname)]) {
    for (let at = join(prefix, name); at !== scene.folder.path; at = dirname(at)) {
      assert.equal(Deno.statSync(at).mode! & 0o777, 0o755, at);
    }
  }
  const other = ["--reuid=65534", "--regid=65534", "--clear-groups", join(prefix, "bin", "agentgazer")];
  const { stdout } = await new Deno.Command(pathOf("setpriv")!, { args: other }).output();
  assert.equal(new TextDecoder().decode(stdout), `agentgazer ${VERSION}\n`);
});

testWith([], "install.sh keeps what it downloads to itself, whatever the umask is", async () => {
  const curl = 'while [ $1 != -o ]; do shift; done; ls -ld "${2%/*}" >&2; exit 1';
  await using scene = makeScene({ tools: { curl, ls: `exec ${pathOf("ls")} "$@"` } });
  const wrapper = ["/bin/sh", "-c", 'umask 0; exec "$@"', "-"];
  assert.match((await scene.run([], { wrapper })).stderr, /^drwx------ /);
});
