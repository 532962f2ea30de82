/**
 * Makes everything that users download into dist/: archives, Debian packages, the Homebrew formula, install.sh, the
 * bill of materials and SHA256SUMS. A target whose runtime can't be had is left out, with the reason. The same commit
 * gives the same bytes, for the same `GITHUB_REPOSITORY`.
 *
 *   scripts/deno task package
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { commitTime } from "../compile/commit_time.ts";
import { ROOT, runDeno } from "../compile/deno.ts";
import { TARGETS } from "../compile/targets.ts";
import { makeArchive } from "./archive.ts";
import { makeDeb } from "./deb.ts";
import { sha256, sumLines } from "./digests.ts";
import { ownFile } from "./documents.ts";
import { type Built, formula } from "./formula.ts";
import { installer } from "./installer.ts";
import { isPackaged } from "./release.ts";
import { runTask } from "../task.ts";

const DIST = join(ROOT, "dist");

await runTask("package", main);

async function main(): Promise<void> {
  // It takes none, and says so before anything is removed.
  parseArgs({ args: Deno.args });
  await Deno.mkdir(DIST, { recursive: true });
  await clear();
  await runDeno("run", "-q", "-A", "scripts/compile.ts", "--all");
  await runDeno("run", "-q", "-A", "scripts/supply_chain/sbom.ts");
  const seconds = await commitTime();
  const built: Built[] = [];
  const files = [join(DIST, "agentgazer.cdx.json")];
  for (const target of TARGETS) {
    const executable = join(DIST, `agentgazer-${target.triple}`);
    const isBuilt = await Deno.stat(executable).then(() => true, () => false);
    if (!isBuilt) continue;
    const archive = await makeArchive(target, executable, DIST, seconds);
    built.push({ target, sha256: await sha256(archive) });
    files.push(archive);
    if (target.os === "linux") files.push(await makeDeb(target, executable, DIST, seconds));
  }
  await write("agentgazer.rb", formula(built));
  await write("install.sh", installer(await ownFile("scripts", "packaging", "install.sh"), built));
  await Deno.writeTextFile(join(DIST, "SHA256SUMS"), await sumLines(files.toSorted()));
  for (const file of [...files, join(DIST, "SHA256SUMS")]) {
    console.log(`${file} (${((await Deno.stat(file)).size / 1e6).toFixed(1)} MB)`);
  }

  async function write(name: string, text: string): Promise<void> {
    files.push(join(DIST, name));
    await Deno.writeTextFile(files.at(-1)!, text);
  }
}

/** Removes what an earlier version may have left. */
async function clear(): Promise<void> {
  for (const { name, isFile } of await Array.fromAsync(Deno.readDir(DIST))) {
    if (isFile && isPackaged(name)) await Deno.remove(join(DIST, name));
  }
}
