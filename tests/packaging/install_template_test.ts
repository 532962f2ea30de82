import assert from "node:assert/strict";
import { put } from "../support/installer/put.ts";
import { assertRefused } from "../support/installer/refused.ts";
import { VERSION } from "../support/installer/release.ts";
import { makeScene } from "../support/installer/scene.ts";
import { TEMPLATE } from "../support/installer/template.ts";
import { testWith } from "../support/needs.ts";

testWith([], "install.sh refuses to run before it is filled", async (t) => {
  for (const args of [[], ["--uninstall"], ["--help"], ["--from", "https://127.0.0.1:1"]]) {
    for (const script of [TEMPLATE, TEMPLATE.replace("@VERSION@", VERSION)]) {
      await t.step(`${args.join(" ")}, ${script === TEMPLATE ? "the template" : "half filled"}`, async () => {
        await using scene = makeScene();
        put("home", ".local", "bin", "agentgazer")(scene);
        const files = scene.files();
        assertRefused(await scene.run(args, { script }), /template/);
        assert.deepEqual(scene.files(), files);
      });
    }
  }
});

testWith(["shellcheck"], "shellcheck finds nothing in install.sh", async (t) => {
  await using scene = makeScene();
  const rows: [what: string, script: string][] = [["template", TEMPLATE], ["filled", scene.script]];
  for (const [what, script] of rows) {
    await t.step(what, async () => {
      assert.doesNotMatch(script, /shellcheck/);
      Deno.writeTextFileSync(scene.folder.at("install.sh"), script);
      const command = new Deno.Command("shellcheck", { args: ["--norc", scene.folder.at("install.sh")] });
      const { code, stdout } = await command.output();
      assert.equal(code, 0, new TextDecoder().decode(stdout));
    });
  }
});
