import assert from "node:assert/strict";
import { join } from "node:path";
import { pathOf } from "../support/installer/path_of.ts";
import { release } from "../support/installer/release.ts";
import { makeScene } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

testWith(["shells"], "install.sh tells users of zsh how to get its completions", async (t) => {
  for (const name of [".local", `it's "a" $(place) \`here\` \\ ! ; é`]) {
    await t.step(name, async () => {
      const entries = release().map((entry) =>
        entry.name.endsWith("/_agentgazer") ? { ...entry, content: "#compdef agentgazer\n" } : entry
      );
      await using scene = makeScene({ entries });
      const run = await scene.run(["--prefix", name], { env: { SHELL: "/usr/bin/zsh" } });
      const line = /~\/\.zshrc, above compinit:\n {2}(fpath=.*)\n/.exec(run.stdout)?.[1];
      Deno.writeTextFileSync(
        scene.folder.at("home", ".zshrc"),
        `${line}\nautoload -Uz compinit\ncompinit -u -D\nprint -r -- "\${_comps[agentgazer]}:$#fpath"\n`,
      );
      const zsh = new Deno.Command(pathOf("zsh")!, {
        args: ["-d", "-i", "-c", "true"],
        clearEnv: true,
        env: { HOME: scene.folder.at("home"), PATH: "/usr/bin:/bin" },
        stdin: "null",
      });
      assert.match(new TextDecoder().decode((await zsh.output()).stdout), /^_agentgazer:([2-9]|\d\d)/m);
      assert.ok(
        Deno.statSync(join(scene.folder.at("home", name), "share/zsh/site-functions/_agentgazer")).isFile,
      );
    });
  }
  for (const shell of ["/bin/bash", "/usr/bin/fish", "/bin/zsh-like", ""]) {
    await t.step(`not users of ${shell}`, async () => {
      await using scene = makeScene();
      assert.doesNotMatch((await scene.run([], { env: { SHELL: shell } })).stdout, /zshrc|fpath/);
    });
  }
});

testWith(["namespace"], "install.sh says nothing of it where zsh looks anyway", async (t) => {
  for (const [prefix, says] of [["/usr/local", false], ["/usr/local/", false], ["/opt", true]] as const) {
    await t.step(prefix, async () => {
      await using scene = makeScene();
      const within = `PATH=$PATH:/usr/bin:/bin:/usr/sbin:/sbin
        mount -t tmpfs none ${prefix} && exec "$@"`;
      const wrapper = [pathOf("unshare")!, "-m", "/bin/sh", "-c", within, "-"];
      const run = await scene.run(["--prefix", prefix], { wrapper, env: { SHELL: "/bin/zsh" } });
      assert.equal(run.code, 0, run.stderr);
      assert.equal(/zshrc/.test(run.stdout), says);
    });
  }
});
