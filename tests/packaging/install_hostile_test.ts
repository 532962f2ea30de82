import assert from "node:assert/strict";
import { join } from "node:path";
import { pathOf } from "../support/installer/path_of.ts";
import { put, putList } from "../support/installer/put.ts";
import { installed } from "../support/installer/release.ts";
import { makeScene, type Scene } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

/** Files that no list may make the installer remove: outside the prefix, and below it. */
const OTHERS = [
  "home/victim",
  "home/bin/agentgazer",
  ...[
    "victim",
    "bin/victim",
    "bin/agentgazer2",
    "bin/bin/agentgazer",
    "share/man/man1/agentgazer-a b.1",
    "share/man/man1/agentgazer-*.1",
    "share/man/man1/agentgazer-foreign.1",
    "share/man/man1/agentgazerx.1",
    "share/man/man1/agentgazer-foreign.1.gz",
    "share/man/man1/agentgazer-A.1",
    "share/man/man1/agentgazer-é.1",
    "share/man/man1/agentgazer-a/b.1",
    "share/fish/vendor_completions.d/agentgazerxfish",
  ].map((place) => `home/.local/${place}`),
];

/** What a hostile list may say. */
function lists(scene: Scene): Record<string, string> {
  const long = "a".repeat(100_000);
  return {
    "absolute paths": `${scene.folder.at("home", "victim")}\n${
      join(scene.prefix, "bin", "victim")
    }\n/etc/hostname\n`,
    "..": "../victim\nbin/../../victim\nbin/../victim\n../bin/agentgazer\nbin/../../bin/agentgazer\n" +
      "share/man/man1/agentgazer-/../../../../victim.1\nshare/man/man1/../../../bin/victim\n",
    "more slashes":
      "//bin/agentgazer\n./bin/agentgazer\nbin//agentgazer\nbin/./agentgazer\nbin/agentgazer/\n",
    "empty lines": "\n\n\n  \n\t\n",
    "spaces": "bin/victim bin/agentgazer\n bin/agentgazer\nshare/man/man1/agentgazer-a b.1\nbin/ victim\n",
    "globs":
      "*\nbin/*\nbin/agentgaze?\nshare/man/man1/agentgazer-*.1\nshare/man/man1/agentgazer-[f]oreign.1\n",
    "folders": "bin\nshare\nshare/man/man1\nbin/\n.\n/\nshare/agentgazer\n",
    "other names": `${OTHERS.map((place) => place.replace("home/.local/", "")).join("\n")}\n`
      .replace("share/man/man1/agentgazer-foreign.1\n", ""),
    "options": "-rf\n--help\n-f bin/victim\n",
    "commands": "$(rm -r *)\n`rm -r *`\n; rm -r *\nbin/victim'; rm *; '\n${HOME}/victim\n~/victim\n",
    "returns": "bin/victim\r\nbin/agentgazer2\rbin/victim\n\rbin/victim\n",
    "bytes that are no text": "bin/agentgazer\0/../victim\n\xff\xfe\nbin/victim\0\n",
    "long lines": `${"../".repeat(20_000)}victim\nshare/man/man1/agentgazer-${long}.1\n${long}\n`,
    "many lines": "bin/victim\n".repeat(20_000),
  };
}

const SHELLS = ["sh", "bash --posix", "busybox sh", "mksh", "yash", "zsh --emulate sh"];

testWith([], "install.sh removes nothing else, whatever its list says", async (t) => {
  const names = await (async () => {
    await using scene = makeScene();
    return Object.keys(lists(scene));
  })();
  for (const [at, name] of names.entries()) {
    const shells = SHELLS.filter((shell) => pathOf(shell.split(" ")[0]!) !== undefined);
    const shell = shells[at % shells.length]!;
    await t.step(`${name}, in ${shell}`, async () => {
      await using scene = makeScene();
      for (const place of OTHERS) put(...place.split("/"))(scene);
      const files = scene.files();
      const text = lists(scene)[name]! + "bin/agentgazer\nshare/man/man1/agentgazer.1";
      const bytes = Uint8Array.from(text, (sign) => sign.charCodeAt(0));

      for (const names of [["bin", "agentgazer"], ["share", "man", "man1", "agentgazer.1"]]) {
        put("home", ".local", ...names)(scene);
      }
      putList(bytes)(scene);
      const upgrade = await scene.run([], { shell });
      assert.equal(upgrade.code, 0, upgrade.stderr);
      assert.deepEqual(scene.files(), { ...files, ...installed(scene.prefix) });

      putList(bytes)(scene);
      const removal = await scene.run(["--uninstall"], { shell });
      assert.equal(removal.code, 0, removal.stderr);
      const left = { ...files, ...installed(scene.prefix) };
      for (const gone of ["bin/agentgazer", "share/man/man1/agentgazer.1", "share/agentgazer/installed"]) {
        delete left[join(scene.prefix, gone)];
      }
      assert.deepEqual(scene.files(), left);
    });
  }
});
