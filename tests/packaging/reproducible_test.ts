import assert from "node:assert/strict";
import { join } from "node:path";
import { TARGETS } from "../../scripts/compile/targets.ts";
import { makeArchive } from "../../scripts/packaging/archive.ts";
import { makeDeb } from "../../scripts/packaging/deb.ts";
import { sha256 } from "../../scripts/packaging/digests.ts";
import { run } from "../support/packages.ts";
import { ROOT } from "../support/needs.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const SECONDS = 1_790_000_000;

/** Copies the sources, and the packages that they need, to places of their own. */
async function copyTo(folder: string): Promise<{ tree: string; env: Record<string, string> }> {
  const tree = join(folder, "tree");
  const cache = join(folder, "cache");
  await Deno.mkdir(tree, { recursive: true });
  await Deno.mkdir(cache);
  const files = await run("sh", [
    "-c",
    'git -C "$0" ls-files -z --cached --others --exclude-standard | tar -C "$0" --null -T - -c | tar -x -C "$1"',
    ROOT,
    tree,
  ]);
  assert.equal(files.code, 0, files.err);
  const info = JSON.parse((await run(Deno.execPath(), ["info", "--json"])).out);
  // What the bundler is lies there too.
  for (const part of ["npm", "dl"]) {
    assert.equal((await run("cp", ["-a", join(info.denoDir, part), join(cache, part)])).code, 0, part);
  }
  return { tree, env: { DENO_DIR: cache, SOURCE_DATE_EPOCH: String(SECONDS), TMPDIR: folder } };
}

Deno.test(
  "two builds in two folders are the same to the byte, whatever the umask is",
  async () => {
    using folder = temporaryFolder();
    const digests = await Promise.all(["a", "somewhere/deep/b"].map(async (place, at) => {
      const { tree, env } = await copyTo(folder.at(place));
      const script = `umask ${at === 0 ? "022" : "077"}; exec "$0" run -q -A scripts/compile.ts`;
      const { code, err } = await run("sh", ["-c", `cd ${tree} && ${script}`, Deno.execPath()], env);
      assert.equal(code, 0, err);
      return await sha256(join(tree, "dist", "agentgazer"));
    }));
    assert.equal(digests[0], digests[1]);
  },
);

Deno.test("archives and packages of the same executable are the same to the byte", async () => {
  using folder = temporaryFolder();
  const executable = folder.at("agentgazer");
  const made = [];
  for (const at of ["first", "second"]) {
    // What the file system says of it must not matter.
    Deno.writeTextFileSync(executable, "#!/bin/sh\n");
    Deno.chmodSync(executable, at === "first" ? 0o755 : 0o700);
    const dist = folder.at(at);
    Deno.mkdirSync(dist);
    made.push([
      await sha256(await makeArchive(TARGETS[0]!, executable, dist, SECONDS)),
      await sha256(await makeDeb(TARGETS[0]!, executable, dist, SECONDS)),
    ]);
  }
  assert.deepEqual(made[0], made[1]);
});
