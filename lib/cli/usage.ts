import type { CommanderError } from "commander";
import { AppError } from "../errors.ts";

/**
 * Turns commander's error into ours. Its own text is not used where it repeats what was typed, which may be a
 * key in the wrong place.
 *
 * @param help the command that explains what was typed
 */
export function usageError({ code, message }: CommanderError, help: string): AppError {
  const suggestion = /\(Did you mean (?:one of )?([^?]*)\?\)$/.exec(message)?.[1];
  const hint = suggestion === undefined ? help : `did you mean \`${suggestion.split(",")[0]}\`?`;
  const named = /'((?:--|<|\[)?[\w-]+[^']*)'/.exec(message)?.[1];
  switch (code) {
    case "commander.unknownCommand":
      return new AppError("usage", "Unknown command", hint);
    case "commander.unknownOption":
      return new AppError("usage", "Unknown option", hint);
    case "commander.excessArguments":
      return new AppError("usage", "Too many arguments", help);
    case "commander.missingArgument":
      return new AppError("usage", `The argument <${named}> is missing`, help);
    case "commander.optionMissingArgument":
      return new AppError("usage", `The option ${named} needs a value`, help);
    case "commander.missingMandatoryOptionValue":
      return new AppError("usage", `The option ${named ?? "that the command needs"} is missing`, help);
    case "commander.invalidArgument":
      return new AppError(
        "usage",
        `The value of ${placeIn(message)} is not valid`,
        adviceIn(message) ?? help,
      );
    default:
      return new AppError("usage", "A command is missing", help);
  }
}

/** The option or argument that was refused, from the part of the text that does not hold the value. */
function placeIn(message: string): string {
  return /option '([^']+)' argument/.exec(message)?.[1] ??
    /is invalid for argument '([^']+)'/.exec(message)?.[1] ?? "an argument";
}

/** What is allowed: our own parser's advice or the list of choices, which stand behind the value. */
function adviceIn(message: string): string | undefined {
  const advice = message.slice(message.lastIndexOf("is invalid")).replace(/^is invalid[^.]*\. ?/, "");
  return advice === "" ? undefined : advice.replace(/\.$/, "");
}
