import type { Command, CommanderError } from "commander";
import { AppError } from "../errors.ts";
import { commandMeantBy } from "./everyday_words.ts";

/**
 * Turns commander's error into ours. Its own text is not used where it repeats what was typed, which may be a
 * key in the wrong place.
 *
 * @param program the command tree
 * @param args what was typed
 */
export function usageError(
  { code, message }: CommanderError,
  program: Command,
  args: readonly string[],
): AppError {
  const { command, rest } = follow(program, args);
  const meant = commandMeantBy([...pathOf(command).slice(1), ...rest.slice(0, 1)].join(" "));
  const help = meant ?? `${pathOf(command).join(" ")} --help`;
  const near = /\(Did you mean (?:one of )?([^?,]*)[^?]*\?\)$/.exec(message)?.[1];
  const named = /'((?:--|<|\[)?[\w-]+[^']*)'/.exec(message)?.[1];
  const error = (message: string, hint = help) => new AppError("usage", message, hint);
  switch (code) {
    case "commander.unknownCommand":
      if (meant !== undefined || near === undefined) return error("Unknown command");
      return error("Unknown command", lineOf(follow(command, [near, ...rest.slice(1)]).command));
    case "commander.unknownOption":
      return error("Unknown option", near && `did you mean \`${near}\`?`);
    case "commander.excessArguments":
      return error("Too many arguments");
    case "commander.missingArgument": {
      const greedy = command.options.find(({ variadic, long }) => variadic && args.includes(long!));
      if (greedy === undefined) return error(`The argument <${named}> is missing`);
      return error(
        `The argument <${named}> is missing: ${greedy.long} takes every word behind it`,
        `${lineOf(command)} ${greedy.flags}`,
      );
    }
    case "commander.optionMissingArgument":
      return error(`The option ${named} needs a value`);
    case "commander.missingMandatoryOptionValue":
      return error(`The option ${named ?? "that the command needs"} is missing`);
    case "commander.invalidArgument":
      return error(`Cannot use the value of ${placeIn(message)}`, adviceIn(message));
    default:
      return new AppError("usage", "A command is missing"); // Its help was printed.
  }
}

/** Whether a word stands where a command should, so that help would be that of something else. */
export function namesNoCommand(program: Command, args: readonly string[]): boolean {
  const { command, rest: [word] } = follow(program, args);
  return command.commands.length > 0 && word !== undefined && !word.startsWith("-");
}

/** Goes to the command that words name, as far as they do. */
function follow(
  command: Command,
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  const next = command.commands.find((one) => one.name() === words[0]);
  return next === undefined ? { command, rest: words } : follow(next, words.slice(1));
}

/** The words of a command, from the program's name on. */
function pathOf(command: Command): string[] {
  return [...command.parent === null ? [] : pathOf(command.parent), command.name()];
}

/** A command with what it can't do without. */
function lineOf(command: Command): string {
  const needed = command.registeredArguments.filter(({ required }) => required);
  const options = command.options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags);
  return [...pathOf(command), ...needed.map((one) => `<${one.name()}>`), ...options].join(" ");
}

/** The option or argument that was refused, from the part of the text that does not hold the value. */
function placeIn(message: string): string {
  const option = /option '(--[\w-]+)[^']*' argument/.exec(message)?.[1];
  return option ?? `<${/is invalid for argument '([^']+)'/.exec(message)?.[1]}>`;
}

/** What is allowed: our own parser's advice or the list of choices, which stand behind the value. */
function adviceIn(message: string): string | undefined {
  const advice = message.slice(message.lastIndexOf("is invalid")).replace(/^is invalid[^.]*\. ?/, "");
  return advice.replace(/^Allowed choices are /, "use one of ").replace(/\.$/, "") || undefined;
}
