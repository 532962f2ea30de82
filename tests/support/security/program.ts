import type { Bytes } from "./bytes.ts";
import { execute, showHelp } from "./commands.ts";
import { getopt } from "./getopt.ts";
import { splitLine } from "./split_line.ts";
import { OK, USAGE } from "./status.ts";
import type { Tool } from "./tool.ts";

/**
 * Does what macOS's `/usr/bin/security` does, which can't be had elsewhere. Written after Apple's published source
 * (SecurityTool/macOS in Security-61901).
 *
 * @returns its OSStatus, or a small number where the tool itself failed
 */
export async function main(args: readonly Bytes[], tool: Tool): Promise<number> {
  const { options, rest } = getopt(args, "hilp:qvR");
  const has = (letter: string) => options.some((option) => option.letter === letter);
  if (options.some(({ problem }) => problem !== undefined)) return showUsage(tool);
  if (has("h")) return showHelp([], tool);
  if (rest.length > 0) return await execute(rest, tool, has("v"));
  if (has("i") || has("p")) return await interact(tool, has("q"), has("v"));
  return showUsage(tool);
}

/** Runs the commands on stdin. What it gives is the last one's status, whatever came before. */
async function interact(tool: Tool, isQuiet: boolean, isVerbose: boolean): Promise<number> {
  let status = OK;
  for (let line = await tool.input.line(); line !== undefined; line = await tool.input.line()) {
    const words = splitLine(line);
    status = await execute(words, tool, isVerbose);
    if (status !== OK && !isQuiet) tool.err(`${words[0]}: returned ${status}\n`);
  }
  return status;
}

function showUsage(tool: Tool): number {
  tool.out("Usage: security [-h] [-i] [-l] [-p prompt] [-q] [-v] [command] [opt ...]\n");
  showHelp([], tool);
  return USAGE;
}
