/**
 * Builds an executable under the seal: bundles the program, so that nothing but run-time code gets in, and compiles
 * that.
 *
 *   compile.ts [--entry <file.ts>] [--output <file>]
 *
 * `DENORT_BIN` names the runtime to embed where the official one can't be downloaded.
 */
import { parseArgs } from "node:util";
import { dirname, join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import { sealFlags } from "./seal.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    entry: { type: "string", default: join(root, "main.ts") },
    output: { type: "string", default: join(root, "dist", "agentgazer") },
  },
});

await Deno.mkdir(dirname(values.output), { recursive: true });
const work = await Deno.makeTempDir({ prefix: "agentgazer-compile-" });
try {
  // What only logins need is loaded by them alone, from files of its own.
  await deno("bundle", "-q", "--code-splitting", "--outdir", work, values.entry);
  const bundle = join(work, `${parse(values.entry).name}.js`);
  await deno(
    "compile",
    "-q",
    // Bytecode would be loaded from a folder that other users can write to.
    "--no-code-cache",
    // A young generation of this many megabytes makes room for thousands of streams, and costs no time.
    "--v8-flags=--max-semi-space-size=8",
    ...sealFlags(Deno.build.os),
    "--output",
    values.output,
    bundle,
  );
  const { size } = await Deno.stat(values.output);
  console.log(`${values.output} (${(size / 1e6).toFixed(1)} MB)`);
} finally {
  await Deno.remove(work, { recursive: true });
}

async function deno(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: root }).spawn().status;
  if (!success) throw new Error(`deno ${args[0]} failed`);
}
