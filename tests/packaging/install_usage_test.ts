import assert from "node:assert/strict";
import { put } from "../support/installer/put.ts";
import { assertRefused } from "../support/installer/refused.ts";
import { VERSION } from "../support/installer/release.ts";
import { makeScene } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

testWith([], "install.sh refuses what it doesn't understand", async (t) => {
  const rows: [args: string[], says: RegExp, env?: Record<string, string>][] = [
    [["--force"], /no option/],
    [["-h"], /no option/],
    [["sk-secret"], /no option/],
    [[""], /no option/],
    [["--"], /no option/],
    [["--prefix=/tmp"], /no option/],
    [["--uninstall", "now"], /no option/],
    [["--prefix"], /--prefix needs a value/],
    [["--prefix", ""], /--prefix needs a value/],
    [["--prefix", "--uninstall"], /--prefix needs a value/],
    [["--from"], /--from needs a value/],
    [["--from", "--help"], /--from needs a value/],
    [["--from", "mirror.test/agentgazer"], /https:/],
    [["--from", "ftp://mirror.test"], /https:/],
    [["--from", "scp://mirror.test"], /https:/],
    [["--from", " https://mirror.test"], /https:/],
    [[], /HOME/, { HOME: "" }],
    [["--uninstall"], /HOME/, { HOME: "" }],
  ];
  for (const [args, says, env = {}] of rows) {
    await t.step(JSON.stringify(args), async () => {
      await using scene = makeScene();
      put("home", ".local", "bin", "agentgazer")(scene);
      const files = scene.files();
      const run = await scene.run(args, { env });
      assertRefused(run, says, 2);
      assert.doesNotMatch(run.stderr, /secret|mirror/);
      assert.deepEqual(scene.files(), files);
    });
  }
});

testWith([], "install.sh --help shows what it takes, and does nothing", async () => {
  await using scene = makeScene();
  const { code, stdout, stderr } = await scene.run(["--uninstall", "--help"]);
  assert.equal(code, 0);
  assert.equal(stderr, "");
  for (const word of [VERSION, "--prefix", "--from", "--uninstall"]) assert.ok(stdout.includes(word));
  assert.deepEqual([scene.files(), scene.asked], [{}, []]);
});
