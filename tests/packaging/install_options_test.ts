import assert from "node:assert/strict";
import { nobody } from "../support/installer/answers.ts";
import { pack } from "../support/installer/archive.ts";
import { installed, NAME, release } from "../support/installer/release.ts";
import type { RunOptions } from "../support/installer/run.ts";
import { makeScene, type Scene } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";

testWith([], "install.sh takes options", async (t) => {
  const strange = `it's 'a' "b"! $(place) \`here\` \\ \\\\ \\new ; * é`;
  const rows: [what: string, args: string[], prefix: string, options?: RunOptions][] = [
    ["a prefix", ["--prefix", "/H/p"], "/H/p"],
    ["a prefix with an end", ["--prefix", "/H/p/"], "/H/p"],
    ["a prefix with all that shells treat in a special way", ["--prefix", `/H/${strange}`], `/H/${strange}`],
    ["a prefix of several lines", ["--prefix", "/H/a\nb"], "/H/a\nb"],
    ["a relative prefix", ["--prefix", strange], `/H/${strange}`],
    ["the last of two", ["--prefix", "/H/a", "--prefix", "/H/b"], "/H/b"],
    ["a HOME with spaces", [], `/H/${strange}/.local`, { env: { HOME: `/H/${strange}` } }],
    ["a prefix without a HOME", ["--prefix", "/H/p"], "/H/p", { env: { HOME: "" } }],
    ["an umask that shuts others out", [], "/H/.local", {
      wrapper: ["/bin/sh", "-c", 'umask 77; exec "$@"', "-"],
    }],
    ["a mirror", ["--from", "URL/a"], "/H/.local"],
    ["a mirror with an end", ["--from", "URL/a/"], "/H/.local"],
    ["a mirror in the file system", ["--from", "file:///H/mirror"], "/H/.local"],
  ];
  for (const [what, args, prefix, options] of rows) {
    await t.step(what, async () => {
      await using scene = makeScene(what.startsWith("a mirror") ? { downloads: nobody() } : {});
      const real = (text: string) => text.replace("/H", scene.folder.at("home")).replace("URL", scene.url);
      if (what.endsWith("file system")) {
        Deno.mkdirSync(scene.folder.at("home", "mirror"));
        Deno.writeFileSync(scene.folder.at("home", "mirror", `${NAME}.tar.gz`), pack(release()));
      }
      const env = Object.entries(options?.env ?? {}).map(([name, value]) => [name, real(value)]);
      const before = scene.files();
      const run = await scene.run(args.map(real), { ...options, env: Object.fromEntries(env) });
      assert.equal(run.code, 0, run.stderr);
      assert.deepEqual(scene.files(), { ...before, ...installed(real(prefix)) });
      const line = /^ {2}(export PATH=.*(?:\n.*)*?\$PATH")$/m.exec(run.stdout)?.[1];
      const shown = new Deno.Command("/bin/sh", { args: ["-c", `PATH=/bin\n${line}\nprintf %s "$PATH"`] });
      assert.equal(new TextDecoder().decode((await shown.output()).stdout), `${real(prefix)}/bin:/bin`);
    });
  }
});

testWith([], "install.sh says what comes next", async (t) => {
  const rows: [what: string, env: (scene: Scene) => Record<string, string>, says: RegExp, not: RegExp][] = [
    ["on the PATH", (s) => ({ PATH: `${s.prefix}/bin:${s.folder.at("tools")}` }), /Next/, /PATH/],
    [
      "not on it",
      () => ({}),
      /not on the PATH.*\n {2}export PATH='[^']+\/\.local\/bin':"\$PATH"\n/,
      /Another/,
    ],
    [
      "only a part of it",
      (s) => ({ PATH: `${s.folder.at("tools")}:${s.prefix}/bin2` }),
      /not on the PATH/,
      /Another/,
    ],
    ["fish", () => ({ SHELL: "/usr/bin/fish" }), /\n {2}fish_add_path '[^']+\/\.local\/bin'\n/, /export/],
    [
      "another one comes first",
      (s) => ({ PATH: `${s.folder.at("tools")}:${s.prefix}/bin` }),
      /Another agentgazer comes first on the PATH: .*\/tools\/agentgazer\n/,
      /not on/,
    ],
  ];
  for (const [what, env, says, not] of rows) {
    await t.step(what, async () => {
      const tools = what.startsWith("another") ? { agentgazer: "exit 1" } : {};
      await using scene = makeScene({ tools });
      const run = await scene.run([], { env: env(scene) });
      assert.equal(run.code, 0, run.stderr);
      assert.match(run.stdout, says);
      assert.doesNotMatch(run.stdout, not);
      assert.match(run.stdout, /\nNext: agentgazer\n$/);
    });
  }
});
