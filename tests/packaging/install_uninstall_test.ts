import assert from "node:assert/strict";
import { join } from "node:path";
import { pathOf } from "../support/installer/path_of.ts";
import { put, putList, putOlder } from "../support/installer/put.ts";
import { assertRefused } from "../support/installer/refused.ts";
import { installed, LIST } from "../support/installer/release.ts";
import { makeScene } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

/** Files that are not the installer's, below the default prefix. */
const OTHERS = [
  "bin/agentgazer2",
  "share/man/man1/agentgazers.1",
  "share/man/man1/agentgazer-foreign.1",
  "share/zsh/site-functions/_other",
].map((place) => put("home", ".local", ...place.split("/")));

testWith([], "install.sh --uninstall removes what was installed, and nothing else", async (t) => {
  for (const [what, before] of [["nothing else there", []], ["files of others", OTHERS]] as const) {
    await t.step(what, async () => {
      await using scene = makeScene();
      for (const prepare of before) prepare(scene);
      const files = scene.files();
      assert.equal((await scene.run()).code, 0);
      const run = await scene.run(["--uninstall"]);
      assert.deepEqual(run, { code: 0, stdout: `Removed agentgazer from ${scene.prefix}.\n`, stderr: "" });
      assert.deepEqual(scene.files(), files);
      assert.throws(() => Deno.lstatSync(join(scene.prefix, "share", "agentgazer")), Deno.errors.NotFound);
    });
  }
  await t.step("the folder of the list stays with what others put there", async () => {
    await using scene = makeScene();
    put("home", ".local", "share", "agentgazer", "other")(scene);
    const files = scene.files();
    await scene.run();
    assert.equal((await scene.run(["--uninstall"])).code, 0);
    assert.deepEqual(scene.files(), files);
  });
  await t.step("another prefix stays", async () => {
    await using scene = makeScene();
    await scene.run();
    const run = await scene.run(["--uninstall", "--prefix", "p"]);
    assert.match(run.stdout, /^There is nothing to remove/);
    assert.deepEqual(scene.files(), installed(scene.prefix));
  });
  await t.step("a link that leads nowhere", async () => {
    await using scene = makeScene();
    putList("bin/agentgazer\n")(scene);
    Deno.mkdirSync(join(scene.prefix, "bin"), { recursive: true });
    Deno.symlinkSync("/does/not/exist", join(scene.prefix, "bin", "agentgazer"));
    assert.match((await scene.run(["--uninstall"])).stdout, /^Removed agentgazer from /);
    assert.deepEqual(scene.files(), {});
  });
  await t.step("a folder in place of the executable", async () => {
    await using scene = makeScene();
    put("home", ".local", "bin", "agentgazer", "x")(scene);
    const files = scene.files();
    putOlder("share/man/man1/agentgazer.1")(scene);
    putList("bin/agentgazer\nshare/man/man1/agentgazer.1\n")(scene);
    assert.match((await scene.run(["--uninstall"])).stdout, /^Removed agentgazer from /);
    assert.deepEqual(scene.files(), files);
  });
});

testWith([], "install.sh --uninstall says where there is nothing of its own", async (t) => {
  const nothing = /^There is nothing to remove: .*\/share\/agentgazer\/installed is not there.*\n/;
  await t.step("nothing at all", async () => {
    await using scene = makeScene();
    const { code, stdout, stderr } = await scene.run(["--uninstall"]);
    assert.deepEqual([code, stderr, scene.files()], [0, "", {}]);
    assert.match(stdout, nothing);
    assert.doesNotMatch(stdout, /stays/);
  });
  await t.step("a program of the same name", async () => {
    await using scene = makeScene();
    for (const prepare of [...OTHERS, put("home", ".local", "bin", "agentgazer")]) prepare(scene);
    const files = scene.files();
    const { code, stdout } = await scene.run(["--uninstall"]);
    assert.equal(code, 0);
    assert.match(stdout, nothing);
    assert.match(stdout, /\n[^\n]+\/\.local\/bin\/agentgazer stays: this script did not install it\.\n$/);
    assert.deepEqual(scene.files(), files);
  });
});

testWith(
  ["setpriv"],
  "install.sh --uninstall refuses for another user, and goes on for the right one",
  async () => {
    await using scene = makeScene();
    for (const name of ["", "home", "tools"]) Deno.chmodSync(scene.folder.at(name), 0o755);
    await scene.run();
    const files = scene.files();
    const wrapper = [pathOf("setpriv")!, "--reuid=65534", "--regid=65534", "--clear-groups"];
    assertRefused(
      await scene.run(["--uninstall"], { wrapper }),
      /cannot remove /,
      1,
      /the user who installed it/,
    );
    assert.deepEqual(scene.files(), files);
    Deno.chmodSync(join(scene.prefix, LIST), 0o600);
    assertRefused(await scene.run(["--uninstall"], { wrapper }), /cannot read .*\/installed/);
    assert.match((await scene.run(["--uninstall"])).stdout, /^Removed/);
    assert.deepEqual(scene.files(), {});
  },
);
