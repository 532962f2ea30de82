import assert from "node:assert/strict";
import { join } from "node:path";
import { TARGETS } from "../../scripts/compile/targets.ts";
import { makeArchive } from "../../scripts/packaging/archive.ts";
import { makeDeb } from "../../scripts/packaging/deb.ts";
import { sha256 } from "../../scripts/packaging/digests.ts";
import { run } from "../support/packages.ts";
import { ROOT } from "../support/needs.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

/** Like the time of every commit it is past, so that none of the files below has it by itself. */
const SECONDS = 1_700_000_000;
const WRITTEN = "2023-11-14 22:13:20";

/** Copies the sources, and the packages that they need, to places of their own. */
async function copyTo(folder: string): Promise<{ tree: string; env: Record<string, string> }> {
  const tree = join(folder, "tree");
  const cache = join(folder, "cache");
  await Deno.mkdir(tree, { recursive: true });
  await Deno.mkdir(cache);
  const listed = await run("git", [
    "-C",
    ROOT,
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
  ]);
  assert.equal(listed.code, 0, listed.err);
  assert.ok(listed.out.split("\0").includes("main.ts"));
  const list = join(folder, "list");
  await Deno.writeTextFile(list, listed.out);
  const archive = join(folder, "sources.tar");
  for (
    const args of [["-C", ROOT, "--null", "--files-from", list, "-cf", archive], ["-C", tree, "-xf", archive]]
  ) {
    const { code, err } = await run("tar", args);
    assert.equal(code, 0, err);
  }
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
    const archive = await makeArchive(TARGETS[0]!, executable, dist, SECONDS);
    const deb = await makeDeb(TARGETS[0]!, executable, dist, SECONDS);
    made.push([await sha256(archive), await sha256(deb)]);
    // Two that are made within a second are the same without that too.
    await assertWritten('gzip -dc "$0"', archive);
    await assertWritten('dpkg-deb --fsys-tarfile "$0"', deb);
    await assertWritten('dpkg-deb --ctrl-tarfile "$0"', deb);
  }
  assert.deepEqual(made[0], made[1]);
});

/** Asserts that all members have the time that they should have. */
async function assertWritten(unpack: string, file: string): Promise<void> {
  const { out, err } = await run("sh", ["-c", `${unpack} | tar -tv --utc --full-time`, file]);
  const times = out.trimEnd().split("\n").map((line) => line.split(/\s+/).slice(3, 5).join(" "));
  assert.ok(times.length > 4, err);
  assert.deepEqual([...new Set(times)], [WRITTEN], `${unpack}: ${out}`);
}
