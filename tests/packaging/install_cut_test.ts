import assert from "node:assert/strict";
import { putOlder } from "../support/installer/put.ts";
import { release } from "../support/installer/release.ts";
import { makeScene, type Options } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

testWith([], "install.sh leaves nothing when it is interrupted", async (t) => {
  for (const signal of ["HUP", "INT", "TERM"]) {
    const stop = `kill -s ${signal} 0; exit 1`;
    const rows: [when: string, options: Options][] = [
      ["while it downloads", {
        tools: { curl: `while [ $1 != -o ]; do shift; done; echo half >"$2"; ${stop}` },
      }],
      ["while it copies", { tools: { cp: `echo half >"$2"; ${stop}` } }],
      ["while it tries the executable", { entries: release(`#!/bin/sh\n${stop}\n`) }],
    ];
    for (const [when, options] of rows) {
      await t.step(`by SIG${signal} ${when}`, async () => {
        await using scene = makeScene(options);
        putOlder("bin/agentgazer")(scene);
        const files = scene.files();
        assert.notEqual((await scene.run()).code, 0);
        assert.deepEqual(scene.files(), files);
      });
    }
  }
});

testWith([], "install.sh does nothing when a part of it is missing", async (t) => {
  await using scene = makeScene();
  putOlder("bin/agentgazer")(scene);
  const files = scene.files();
  const { length } = scene.script;
  const ends = Array.from({ length }, (_, end) => end).slice(0, -1);
  for (const args of [[], ["--uninstall"]]) {
    await t.step(`install.sh ${args.join(" ")}`, async () => {
      for (const end of ends.filter((end) => end % 251 === 0 || length - end < 60)) {
        const run = await scene.run(args, { isPiped: true, script: scene.script.slice(0, end) });
        assert.equal(run.stdout, "", `cut at ${end}`);
        assert.deepEqual(scene.files(), files, `cut at ${end}`);
      }
      assert.deepEqual(scene.asked, []);
    });
  }
});
