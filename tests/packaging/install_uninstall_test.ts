import assert from "node:assert/strict";
import { join } from "node:path";
import { put } from "../support/installer/put.ts";
import { assertRefused } from "../support/installer/refused.ts";
import { installed } from "../support/installer/release.ts";
import { makeScene, type Scene } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

testWith([], "install.sh --uninstall removes what was installed, and nothing else", async (t) => {
  const vault = put("home", ".agentgazer", "vault.json");
  const elsewhere = put("home", "my vault", "vault.json");
  const others = [
    ["bin", "agentgazer2"],
    ["share", "man", "man1", "agentgazers.1"],
    ["share", "zsh", "site-functions", "_other"],
  ].map((names) => put("home", ".local", ...names));
  const gone = /^Removed agentgazer from /;
  const rows: [
    what: string,
    before: ((scene: Scene) => void)[],
    says: RegExp,
    env?: Record<string, string>,
  ][] = [
    ["nothing else there", [], gone],
    ["files of others", others, gone],
    ["a vault", [vault], /stays.*\n {2}rm -r "[^"]+\/home\/\.agentgazer"\n$/],
    ["a vault elsewhere", [vault, elsewhere], /stays.*\n {2}rm -r "my vault"\n$/, {
      AGENTGAZER_HOME: "my vault",
    }],
  ];
  for (const [what, before, says, env = {}] of rows) {
    for (const isInstalled of [true, false]) {
      await t.step(`${what}, ${isInstalled ? "installed" : "not installed"}`, async () => {
        await using scene = makeScene();
        for (const prepare of before) prepare(scene);
        const files = scene.files();
        if (isInstalled) assert.equal((await scene.run()).code, 0);
        const run = await scene.run(["--uninstall"], { env });
        assert.equal(run.stderr, "");
        assert.equal(run.code, 0);
        if (isInstalled || says !== gone) assert.match(run.stdout, says);
        if (!isInstalled) assert.match(run.stdout, /^There is nothing to remove/);
        assert.deepEqual(scene.files(), files);
      });
    }
  }
  await t.step("another prefix stays", async () => {
    await using scene = makeScene();
    await scene.run();
    const run = await scene.run(["--uninstall", "--prefix", "p"]);
    assert.match(run.stdout, /^There is nothing to remove/);
    assert.deepEqual(scene.files(), installed(scene.prefix));
  });
  await t.step("a link that leads nowhere", async () => {
    await using scene = makeScene();
    Deno.mkdirSync(join(scene.prefix, "bin"), { recursive: true });
    Deno.symlinkSync("/does/not/exist", join(scene.prefix, "bin", "agentgazer"));
    assert.match((await scene.run(["--uninstall"])).stdout, gone);
    assert.deepEqual(scene.files(), {});
  });
  await t.step("a folder in place of the executable", async () => {
    await using scene = makeScene();
    put("home", ".local", "bin", "agentgazer", "x")(scene);
    const files = scene.files();
    assertRefused(await scene.run(["--uninstall"]), /cannot remove/);
    assert.deepEqual(scene.files(), files);
  });
});
