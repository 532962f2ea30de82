import assert from "node:assert/strict";
import { join } from "node:path";
import { put } from "../support/installer/put.ts";
import { makeScene, type Scene } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

const STRANGE = `it's "a" $(place) \`here\` \\ \\\\ ! ; * é`;

testWith([], "install.sh --uninstall names the files of the vault, and nothing else", async (t) => {
  const rows: [what: string, folder: string, files: string[], gone: string[], home?: string][] = [
    ["a vault", ".agentgazer", ["vault.json"], ["vault.json"]],
    ["a vault and its key", ".agentgazer", ["vault.json", "machine.key"], ["vault.json", "machine.key"]],
    [
      "the other product's files beside it",
      ".agentgazer",
      ["vault.json", "secrets.enc", "config.json"],
      ["vault.json"],
    ],
    ["only the other product's files", ".agentgazer", ["secrets.enc", "agentgazer.db"], []],
    ["a key without a vault", ".agentgazer", ["machine.key"], []],
    ["no files", ".agentgazer", [], []],
    ["a vault elsewhere", STRANGE, ["vault.json", "machine.key"], ["vault.json", "machine.key"], STRANGE],
    ["a vault here, and none elsewhere", ".agentgazer", ["vault.json"], [], STRANGE],
  ];
  for (const [what, folder, files, gone, home] of rows) {
    for (const isInstalled of [true, false]) {
      await t.step(`${what}, ${isInstalled ? "installed" : "not installed"}`, async () => {
        await using scene = makeScene();
        for (const name of files) put("home", folder, name)(scene);
        const before = scene.files();
        if (isInstalled) assert.equal((await scene.run()).code, 0);
        const env = home === undefined ? undefined : { AGENTGAZER_HOME: scene.folder.at("home", home) };
        const { code, stdout } = await scene.run(["--uninstall"], env && { env });
        assert.equal(code, 0);
        assert.deepEqual(scene.files(), before);
        await assertAdvice(stdout, scene, scene.folder.at("home", folder), gone);
      });
    }
  }
});

testWith([], "install.sh --uninstall speaks of no vault that the program would not use", async () => {
  await using scene = makeScene();
  put("home", "-rf", "vault.json")(scene);
  assert.doesNotMatch(
    (await scene.run(["--uninstall"], { env: { AGENTGAZER_HOME: "-rf" } })).stdout,
    /vault/,
  );
});

/** Asserts that a text tells how to remove these files, and that this removes them and no others. */
async function assertAdvice(text: string, scene: Scene, folder: string, gone: string[]): Promise<void> {
  const line = /^ {2}(rm .*)$/m.exec(text)?.[1];
  if (gone.length === 0) {
    assert.doesNotMatch(text, /vault|rm /);
    return;
  }
  const start = `Your vault stays: ${join(folder, "vault.json")}. To remove every key in it:\n  rm '`;
  assert.ok(text.includes(start), text);
  assert.doesNotMatch(text, /rm -r/);
  const expected = scene.files();
  for (const name of gone) delete expected[join(folder, name)];
  await new Deno.Command("/bin/sh", { args: ["-c", line!], cwd: "/" }).output();
  assert.deepEqual(scene.files(), expected);
}
