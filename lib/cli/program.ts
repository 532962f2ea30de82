import { Command, CommanderError } from "commander";
import { AppError, describeBug, exitCode } from "../errors.ts";
import { addClientCommands } from "./clients.ts";
import { addCompletionsCommand } from "./completions.ts";
import { type CliOptions, type Context, makeContext } from "./context.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addEnvCommand } from "./env.ts";
import { addExamples } from "./examples.ts";
import { addImportCommand } from "./import.ts";
import { addKeystoreCommands } from "./keystore.ts";
import { addLoginCommand } from "./login.ts";
import { addLogoutCommand } from "./logout.ts";
import { failureNote } from "./migrate.ts";
import { overview } from "./overview.ts";
import { addProviderCommands } from "./providers.ts";
import { writeNote } from "./render.ts";
import { respell } from "./spellings.ts";
import { addStartCommand } from "./start.ts";
import { namesNoCommand, usageError } from "./usage.ts";

/** The widest help text, in characters. */
const HELP_WIDTH = 80;

/**
 * Runs one command line to its end.
 *
 * @param typed without the program's own name
 * @returns the exit code
 */
export async function runCli(typed: readonly string[], options: CliOptions): Promise<number> {
  const args = respell(typed);
  const context = makeContext(options);
  const { terminal } = context.system;
  let help = "";
  const program = makeProgram(context, (text) => help += text);
  let thrown: unknown;
  try {
    if (args.length === 0) await overview(context);
    else if (await execute(program, args)) await terminal.out(help);
  } catch (error) {
    if (error instanceof CommanderError && error.code === "commander.help") await terminal.err(help);
    thrown = error;
  }
  const failure = context.migrationFailure();
  const isSame = thrown instanceof AppError && thrown.message === failure?.message;
  if (failure !== undefined && !isSame) await writeNote(terminal, ...failureNote(failure));
  return thrown === undefined ? 0 : await report(thrown, context, args);
}

/** Runs the command, and says whether it was help or the version that was asked for. */
async function execute(program: Command, args: readonly string[]): Promise<boolean> {
  try {
    await program.parseAsync([...args], { from: "user" });
    return false;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      if (!namesNoCommand(program, args)) return true;
      throw new CommanderError(2, "commander.unknownCommand", "");
    }
    throw error;
  }
}

/**
 * The command tree, which help, completions, man pages and docs/reference.md are made from as well.
 *
 * @param write gets help and the version
 */
export function makeProgram(context: Context, write: (text: string) => void): Command {
  const program = new Command("agentgazer")
    .description("Keeps the credentials of LLM providers, and a local proxy that puts them in.")
    .version(`agentgazer ${context.version}`, "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ helpWidth: HELP_WIDTH })
    .configureOutput({ writeOut: write, writeErr: write, outputError: () => {} });
  addProviderCommands(program, context);
  addLoginCommand(program, context);
  addLogoutCommand(program, context);
  addClientCommands(program, context);
  addEnvCommand(program, context);
  addStartCommand(program, context);
  addKeystoreCommands(program, context);
  addImportCommand(program, context);
  addDoctorCommand(program, context);
  addCompletionsCommand(program, context);
  addExamples(
    program,
    ["agentgazer", "say what there is and what to do next"],
    ["agentgazer providers set openai", "store an API key; it is asked for"],
    ["agentgazer start", "run the proxy"],
    ['eval "$(agentgazer env)"', "point the tools of this shell at it"],
  );
  return program;
}

async function report(thrown: unknown, context: Context, args: readonly string[]): Promise<number> {
  const { terminal } = context.system;
  const error = thrown instanceof CommanderError
    ? usageError(thrown, makeProgram(context, () => {}), args)
    : thrown;
  const { code, message, hint } = error instanceof AppError ? error : bug(error);
  if (args.includes("--json")) {
    await terminal.err(JSON.stringify({ error: { code, message, hint: hint ?? null } }) + "\n");
  } else {
    // What the user ended is no error.
    await terminal.err(`agentgazer: ${code === "interrupted" ? "" : "error: "}${message}\n`);
    if (hint !== undefined) await terminal.err(`agentgazer: hint: ${hint}\n`);
  }
  return exitCode(code);
}

/** Where it was thrown is what a report needs. */
function bug(error: unknown): AppError {
  return new AppError("bug", `This is a bug: ${describeBug(error)}`, "please report it, with these lines");
}
