import { sealFlags } from "../seal.ts";
import { ROOT } from "./deno.ts";
import { isMadeFor } from "./file_format.ts";
import type { Target } from "./targets.ts";

/** The runtime of a target can't be had here. */
export class NoRuntime extends Error {}

/**
 * Makes the executable of a target under its seal.
 *
 * @param bundle the file with the program's beginning
 * @throws {NoRuntime}
 */
export async function makeExecutable(bundle: string, target: Target, output: string): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "compile",
      "-q",
      // Bytecode would be loaded from a folder that other users can write to.
      "--no-code-cache",
      // A young generation of this many megabytes makes room for thousands of streams, and costs no time.
      "--v8-flags=--max-semi-space-size=8",
      ...sealFlags(target.os),
      "--target",
      target.triple,
      "--output",
      output,
      bundle,
    ],
    cwd: ROOT,
    env: { ...await runtimeFor(target), NO_COLOR: "1" },
    stderr: "piped",
  });
  const { success, stderr } = await command.output();
  if (!success) throw failure(new TextDecoder().decode(stderr));
  if (await isMadeFor(output, target)) return;
  await Deno.remove(output);
  throw new Error(`what was built is not for ${target.triple}`);
}

/** Picks the runtime among those in `DENORT_BIN`, since `deno compile` takes it whatever it is made for. */
async function runtimeFor(target: Target): Promise<{ DENORT_BIN?: string }> {
  const given = Deno.env.get("DENORT_BIN");
  if (!given) return {};
  for (const path of given.split(":")) {
    if (await isMadeFor(path, target)) return { DENORT_BIN: path };
  }
  throw new NoRuntime("no file in DENORT_BIN is made for it");
}

function failure(stderr: string): Error {
  const download = /error sending request for url \((\S+denort\S+)\)|Failed to download .*denort.*/.exec(
    stderr,
  );
  if (download !== null) return new NoRuntime(`its runtime could not be downloaded from ${download[1]}`);
  return new Error(`deno compile failed\n${stderr.trim()}`);
}
