import assert from "node:assert/strict";
import { pathOf } from "../support/installer/path_of.ts";
import { putOlder } from "../support/installer/put.ts";
import { installed } from "../support/installer/release.ts";
import { makeScene, type Scene } from "../support/installer/scene.ts";
import type { Tools } from "../support/installer/tools.ts";
import { testWith } from "../support/needs.ts";

const ARGS = { install: [], uninstall: ["--uninstall"] } as const;

/** Tools that count what changes, and end themselves and the installer before the change of this number. */
function killedAt(change: number): Tools {
  const count = `n=$(cat "$HOME/n" 2>/dev/null); n=$((n + 1)); echo $n >"$HOME/n"`;
  const kill = `[ $n != ${change} ] || kill -s KILL 0`;
  const tool = (name: string) => {
    // What waits to be put in its place is no change yet.
    const waits = name === "rm" ? "case ${2##*/} in .*) exit ;; esac" : "";
    return `${waits}\n${count}; ${kill}; exec ${pathOf(name)!} "$@"`;
  };
  return { mv: tool("mv"), rm: tool("rm"), rmdir: tool("rmdir") };
}

/** The files, without what only a program that is killed leaves: what waits in its place, and temporary ones. */
function filesOf(scene: Scene): Record<string, string> {
  const left = new RegExp(`/\\.[^/]+\\.[0-9]+$|^${scene.folder.at("tmp")}/|/home/n$`);
  return Object.fromEntries(Object.entries(scene.files()).filter(([path]) => !left.test(path)));
}

for (const task of ["install", "uninstall"] as const) {
  testWith([], `install.sh goes on after it was killed at any step of an ${task}`, async (t) => {
    for (const isUpgrade of task === "install" ? [true, false] : [true]) {
      for (const next of ["install", "uninstall"] as const) {
        await t.step(`there was ${isUpgrade ? "an older one" : "none"}, and then an ${next}`, async () => {
          let isDone = false;
          for (let change = 1; !isDone; change++) {
            await using scene = makeScene({ tools: killedAt(change) });
            if (isUpgrade) putOlder("bin/agentgazer", "share/man/man1/agentgazer-old.1")(scene);
            isDone = (await scene.run(ARGS[task])).code === 0;
            assert.ok(isDone || change < 20);
            Deno.writeTextFileSync(scene.folder.at("home", "n"), "1000");
            const run = await scene.run(ARGS[next]);
            assert.equal(run.code, 0, `change ${change}: ${run.stderr}`);
            assert.deepEqual(
              filesOf(scene),
              next === "install" ? installed(scene.prefix) : {},
              `change ${change}`,
            );
          }
        });
      }
    }
  });
}
