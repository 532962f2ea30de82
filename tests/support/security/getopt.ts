import type { Bytes } from "./bytes.ts";

export interface Option {
  readonly letter: string;
  /** Empty for an option that takes none. */
  readonly value: Bytes;
  readonly problem?: "unknown" | "no value";
}

/**
 * Splits arguments as getopt(3) of the BSDs does: options end at the first other argument, and a value may look
 * like an option.
 *
 * @param spec the letters, each with `:` behind it if it takes a value
 */
export function getopt(args: readonly Bytes[], spec: string): { options: Option[]; rest: Bytes[] } {
  const options: Option[] = [];
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--") return { options, rest: args.slice(at + 1) };
    if (!/^-./s.test(arg)) break;
    for (let index = 1; index < arg.length; index++) {
      const letter = arg[index]!;
      const known = letter === ":" ? -1 : spec.indexOf(letter);
      if (known < 0) {
        options.push({ letter, value: "", problem: "unknown" });
      } else if (spec[known + 1] !== ":") {
        options.push({ letter, value: "" });
      } else {
        const value = index + 1 < arg.length ? arg.slice(index + 1) : args[++at];
        options.push(value === undefined ? { letter, value: "", problem: "no value" } : { letter, value });
        break;
      }
    }
  }
  return { options, rest: args.slice(at) };
}
