import type { Command } from "commander";
import config from "../../deno.json" with { type: "json" };
import { type CliOptions, makeContext } from "../../lib/cli/context.ts";
import { type Example, examplesOf } from "../../lib/cli/examples.ts";
import { makeProgram } from "../../lib/cli/program.ts";

/** What a command takes: an argument, an option, or a command below it. */
export interface Term {
  /** As it is typed, such as `--port <number>`. */
  readonly term: string;
  /** What it is, with its choices and its default. */
  readonly text: string;
}

/** What is to be said of a command. */
export interface Page {
  /** With the names of the commands above it, such as `agentgazer providers set`. */
  readonly name: string;
  readonly text: string;
  /** Such as `agentgazer providers set [options] <id> [key]`. */
  readonly usage: string;
  readonly arguments: readonly Term[];
  readonly options: readonly Term[];
  readonly examples: readonly Example[];
  readonly below: readonly Page[];
}

/** The command tree of the program, without a machine to run on. */
export function commandTree(): Command {
  const options: Partial<CliOptions> = { version: config.version };
  return makeProgram(makeContext(options as CliOptions), () => {});
}

/** What the help of a command says, and of those below it. */
export function pageOf(command: Command, above = ""): Page {
  const help = command.createHelp();
  const name = `${above} ${command.name()}`.trim();
  return {
    name,
    text: help.commandDescription(command),
    usage: help.commandUsage(command),
    arguments: help.visibleArguments(command).map((one) => ({
      term: help.argumentTerm(one),
      text: help.argumentDescription(one),
    })),
    options: help.visibleOptions(command).filter(({ long }) => long !== "--help").map((one) => ({
      term: help.optionTerm(one),
      text: help.optionDescription(one),
    })),
    examples: examplesOf(command),
    below: help.visibleCommands(command).map((one) => pageOf(one, name)),
  };
}
