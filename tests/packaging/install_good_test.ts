import assert from "node:assert/strict";
import { join } from "node:path";
import { pathOf } from "../support/installer/path_of.ts";
import { put, putList, putOlder } from "../support/installer/put.ts";
import { installed, NAME, release, VERSION } from "../support/installer/release.ts";
import { makeScene } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

/** The shells that it has to run under, of which `sh` is there always. */
const SHELLS = ["sh", "dash", "bash --posix", "busybox sh", "mksh", "yash", "zsh --emulate sh"];

testWith([], "install.sh puts every file in its place, under every shell", async (t) => {
  for (const shell of SHELLS) {
    for (const isPiped of [false, true]) {
      const ignore = pathOf(shell.split(" ")[0]!) === undefined;
      const name = `${shell}${isPiped ? ", piped" : ""}${ignore ? " [ignored: not here]" : ""}`;
      const fn = async () => {
        await using scene = makeScene();
        const run = await scene.run([], { shell, isPiped });
        assert.equal(run.stderr, "");
        assert.equal(run.code, 0);
        assert.deepEqual(scene.files(), installed(scene.prefix));
        assert.deepEqual(scene.asked, [`/${NAME}.tar.gz`]);
        assert.match(run.stdout, /^Installed agentgazer 9\.8\.7:\n {2}.*\/\.local\/bin\/agentgazer\n/m);
        assert.match(run.stdout, /^Next: agentgazer\n$/m);
      };
      await t.step({ name, ignore, fn });
    }
  }
});

testWith([], "install.sh leaves its stdin to others", async () => {
  const greedy = `#!/bin/sh\ncat >"$HOME/read"\necho ${VERSION}\n`;
  await using scene = makeScene({ entries: release(greedy) });
  assert.equal((await scene.run()).code, 0);
  assert.equal(Deno.readTextFileSync(scene.folder.at("home", "read")), "");
});

testWith([], "install.sh replaces an older one", async (t) => {
  await t.step("that is not running", async () => {
    await using scene = makeScene();
    putOlder("bin/agentgazer", "share/man/man1/agentgazer.1")(scene);
    const run = await scene.run();
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /still the old version/);
    assert.deepEqual(scene.files(), installed(scene.prefix));
  });
  await t.step("that is a link, without changing what it leads to", async () => {
    await using scene = makeScene();
    put("home", "elsewhere")(scene);
    const before = scene.files();
    putOlder("bin/agentgazer")(scene);
    Deno.removeSync(join(scene.prefix, "bin", "agentgazer"));
    Deno.symlinkSync(scene.folder.at("home", "elsewhere"), join(scene.prefix, "bin", "agentgazer"));
    assert.equal((await scene.run()).code, 0);
    assert.deepEqual(scene.files(), { ...before, ...installed(scene.prefix) });
  });
  await t.step("that is running, and goes on", async () => {
    await using scene = makeScene();
    const place = join(scene.prefix, "bin", "agentgazer");
    putList("bin/agentgazer\n")(scene);
    await new Deno.Command("install", { args: ["-D", "-m", "755", pathOf("cat")!, place] }).output();
    const old = new Deno.Command(place, { stdin: "piped", stdout: "piped" }).spawn();
    const run = await scene.run();
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(scene.files(), installed(scene.prefix));
    const writer = old.stdin.getWriter();
    await writer.write(new TextEncoder().encode("still here"));
    await writer.close();
    assert.equal(new TextDecoder().decode((await old.output()).stdout), "still here");
  });
});
