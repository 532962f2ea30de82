import assert from "node:assert/strict";
import { join } from "node:path";
import { put, putList, putOlder } from "../support/installer/put.ts";
import { assertRefused } from "../support/installer/refused.ts";
import { installed, LIST, PLACES, release } from "../support/installer/release.ts";
import { makeScene, type Scene } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

/** Puts a link below the default prefix. */
function link(place: string, to: string): (scene: Scene) => void {
  return (scene) => {
    put("home", ".local", ...place.split("/"))(scene);
    Deno.removeSync(join(scene.prefix, place));
    Deno.symlinkSync(to, join(scene.prefix, place));
  };
}

testWith([], "install.sh writes over nothing that it did not install", async (t) => {
  const npm = "../lib/node_modules/agentgazer/bin.js";
  const rows: [what: string, place: string, before: ((scene: Scene) => void)[]][] = [
    ...PLACES.map((
      place,
    ): typeof rows[number] => [place, place, [put("home", ".local", ...place.split("/"))]]),
    ["npm's link", "bin/agentgazer", [
      put("home", ".local", "lib", "node_modules", "agentgazer", "bin.js"),
      link("bin/agentgazer", npm),
    ]],
    ["a link that leads nowhere", "bin/agentgazer", [link("bin/agentgazer", npm)]],
    ["a file that the list lacks", "bin/agentgazer", [
      putOlder("share/man/man1/agentgazer.1"),
      put("home", ".local", "bin", "agentgazer"),
    ]],
    ["a file whose name is a part of what is listed", "share/man/man1/agentgazer.1", [
      put("home", ".local", "share", "man", "man1", "agentgazer.1"),
      putOlder("share/man/man1/agentgazer-share.1"),
    ]],
  ];
  for (const [what, place, before] of rows) {
    await t.step(what, async () => {
      await using scene = makeScene();
      for (const prepare of before) prepare(scene);
      const files = scene.files();
      const run = await scene.run();
      const foreign = join(scene.prefix, place);
      assertRefused(run, /is there, and this script did not install it; nothing was installed$/);
      assert.ok(run.stderr.includes(`error: ${foreign} is`));
      assert.deepEqual(scene.files(), files);

      const command = /`(mv .*)`/.exec(run.stderr)![1]!;
      await new Deno.Command("/bin/sh", { args: ["-c", command] }).output();
      const again = await scene.run();
      assert.equal(again.code, 0, again.stderr);
      const moved = { ...files, ...installed(scene.prefix), [`${foreign}.old`]: files[foreign] };
      delete moved[join(scene.prefix, "share/man/man1/agentgazer-share.1")];
      assert.deepEqual(scene.files(), moved);
    });
  }
});

testWith([], "install.sh keeps to its list when it upgrades", async (t) => {
  await t.step("what the new version lacks goes", async () => {
    await using scene = makeScene();
    putOlder("bin/agentgazer", "share/man/man1/agentgazer-old.1", "share/man/man1/agentgazer.1")(scene);
    const run = await scene.run();
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /still the old version/);
    assert.deepEqual(scene.files(), installed(scene.prefix));
  });
  await t.step("what is not listed stays", async () => {
    await using scene = makeScene();
    putOlder("bin/agentgazer")(scene);
    put("home", ".local", "share", "man", "man1", "agentgazer-foreign.1")(scene);
    const foreign = join(scene.prefix, "share", "man", "man1", "agentgazer-foreign.1");
    assert.equal((await scene.run()).code, 0);
    assert.deepEqual(scene.files(), { ...installed(scene.prefix), [foreign]: "644 was here" });
  });
  await t.step("the same version again", async () => {
    await using scene = makeScene();
    for (const _ of [1, 2, 3]) assert.equal((await scene.run()).code, 0);
    assert.deepEqual(scene.files(), installed(scene.prefix));
  });
  await t.step("a page whose name the list could not hold", async () => {
    const page = { name: release()[0]!.name + "man/agentgazer-a b.1", content: "page" };
    await using scene = makeScene({ entries: [...release(), page] });
    assert.equal((await scene.run()).code, 0);
    assert.deepEqual(scene.files(), installed(scene.prefix));
  });
});

testWith([], "install.sh heeds no list that it can't have written", async (t) => {
  const target = (scene: Scene) => scene.folder.at("home", "target");
  const rows: [what: string, before: (scene: Scene) => void][] = [
    ["a link", (scene) => (put("home", "target")(scene), link(LIST, target(scene))(scene))],
    ["a link to a list", (scene) => {
      putList("bin/agentgazer\n")(scene);
      Deno.renameSync(join(scene.prefix, LIST), target(scene));
      Deno.symlinkSync(target(scene), join(scene.prefix, LIST));
    }],
    ["a link that leads nowhere", link(LIST, "/does/not/exist")],
    ["a link in place of its folder", (scene) => {
      putList("bin/agentgazer\n")(scene);
      Deno.renameSync(join(scene.prefix, "share", "agentgazer"), target(scene));
      Deno.symlinkSync(target(scene), join(scene.prefix, "share", "agentgazer"));
    }],
    ["a folder", put("home", ".local", ...LIST.split("/"), "file")],
    ["a text of others", putList("installed by AgentGazer on Monday\n")],
    ["an executable of others", putList(new Uint8Array([127, 69, 76, 70, 0, 255, 10, 0]))],
  ];
  for (const [what, before] of rows) {
    for (const args of [[], ["--uninstall"]]) {
      await t.step(`${what} ${args.join("")}`, async () => {
        await using scene = makeScene();
        before(scene);
        put("home", ".local", "bin", "agentgazer")(scene);
        const files = scene.files();
        assertRefused(
          await scene.run(args),
          /\/share\/agentgazer.* is not from this script; nothing was /,
          1,
          /mv /,
        );
        assert.deepEqual(scene.files(), files);
      });
    }
  }
});
