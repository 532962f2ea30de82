/**
 * Stands in for macOS's `/usr/bin/security`, which can't be had elsewhere. Written after Apple's published source
 * (SecurityTool/macOS in Security-61901).
 *
 *   program.ts <state folder> [arguments of security]
 */
import { type Bytes, bytesOf } from "./bytes.ts";
import { execute, showHelp } from "./commands.ts";
import { getopt } from "./getopt.ts";
import { Input } from "./input.ts";
import { splitLine } from "./split_line.ts";
import { State } from "./state.ts";
import { OK, USAGE } from "./status.ts";
import { Tool } from "./tool.ts";

const [folder, ...argv] = Deno.args;
const state = new State(folder!);
const tool = new Tool(state, new Input(state.begin(argv)));
// All that is left of an OSStatus.
Deno.exit(main(argv.map(bytesOf)) & 0xff);

function main(args: readonly Bytes[]): number {
  const { options, rest } = getopt(args, "hilp:qvR");
  const has = (letter: string) => options.some((option) => option.letter === letter);
  if (options.some(({ problem }) => problem !== undefined)) return showUsage();
  if (has("h")) return showHelp([], tool);
  if (rest.length > 0) return execute(rest, tool, has("v"));
  if (has("i") || has("p")) return interact(has("q"), has("v"));
  return showUsage();
}

/** Runs the commands on stdin. What it gives is the last one's status, whatever came before. */
function interact(isQuiet: boolean, isVerbose: boolean): number {
  let status = OK;
  for (let line = tool.input.line(); line !== undefined; line = tool.input.line()) {
    const words = splitLine(line);
    status = execute(words, tool, isVerbose);
    if (status !== OK && !isQuiet) tool.err(`${words[0]}: returned ${status}\n`);
  }
  return status;
}

function showUsage(): number {
  tool.out("Usage: security [-h] [-i] [-l] [-p prompt] [-q] [-v] [command] [opt ...]\n");
  showHelp([], tool);
  return USAGE;
}
