/**
 * Builds the executable under the seal.
 *
 *   compile.ts [--target <triple>… | --all] [--entry <file.ts>] [--output <file>]
 *
 * Without a target it is for this machine. `DENORT_BIN` names the runtimes to embed, with colons between them, where
 * the official ones can't be downloaded. With `--all`, a target without a runtime is skipped.
 */
import { parseArgs } from "node:util";
import { dirname, join } from "node:path";
import { bundle } from "./compile/bundle.ts";
import { commitTime } from "./compile/commit_time.ts";
import { ROOT } from "./compile/deno.ts";
import { makeExecutable, NoRuntime } from "./compile/executable.ts";
import { hostTarget, type Target, targetNamed, TARGETS } from "./compile/targets.ts";
import { runTask } from "./task.ts";

const OWN = join(ROOT, "dist", "agentgazer");

await runTask("compile", main);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      entry: { type: "string", default: join(ROOT, "main.ts") },
      output: { type: "string" },
      target: { type: "string", multiple: true, default: [] },
      all: { type: "boolean", default: false },
    },
  });
  const { entry, output, all } = values;
  const named = values.target.map(targetNamed);
  const targets = all ? TARGETS : named.length > 0 ? named : [hostTarget()];
  if (output !== undefined && targets.length > 1) throw new Error("--output takes one target");
  const work = await Deno.makeTempDir({ prefix: "agentgazer-compile-" });
  try {
    const program = await bundle(entry, work, await commitTime());
    for (const target of targets) {
      const isNamed = all || named.length > 0;
      const file = output ?? (isNamed ? `${OWN}-${target.triple}` : OWN);
      await build(program, target, file, all && target !== hostTarget());
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function build(program: string, target: Target, file: string, maySkip: boolean): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  try {
    await makeExecutable(program, target, file);
    console.log(`${file} (${((await Deno.stat(file)).size / 1e6).toFixed(1)} MB)`);
  } catch (error) {
    if (!(error instanceof NoRuntime)) throw error;
    if (!maySkip) throw new Error(`${target.triple}: ${error.message}`);
    console.log(`${target.triple} was skipped: ${error.message}`);
  }
}
