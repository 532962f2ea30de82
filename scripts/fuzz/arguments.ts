import { parseArgs } from "node:util";

/** What is asked for on the command line. */
export interface Arguments {
  readonly targets: readonly string[];
  readonly minutes: number;
  /** A new one when it is not named. */
  readonly seed: number;
}

/**
 * Reads the arguments; in words what is wrong with them.
 *
 * @param known the names of all targets
 * @param seed for when none is named
 */
export function parseArguments(
  args: readonly string[],
  known: readonly string[],
  seed: number,
): Arguments | string {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { minutes: { type: "string", default: "1" }, seed: { type: "string", default: String(seed) } },
    });
  } catch (error) {
    return (error as Error).message;
  }
  const { values, positionals } = parsed;
  const strange = positionals.find((name) => !known.includes(name));
  if (strange !== undefined) return `there is no target "${strange}"; there are ${known.join(", ")}`;
  const minutes = /^\d+(\.\d+)?$/.test(values.minutes) ? Number(values.minutes) : 0;
  if (!(minutes > 0 && minutes <= 10_000)) return "--minutes wants a number above 0";
  if (!/^\d{1,10}$/.test(values.seed) || Number(values.seed) >= 2 ** 32) {
    return "--seed wants a whole number below 2^32";
  }
  return { targets: positionals.length > 0 ? positionals : known, minutes, seed: Number(values.seed) };
}
