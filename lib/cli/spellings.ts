/** Gives a command line that people try in the words that the program knows. */
export function respell(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  if (first === "help") return [...rest, "--help"];
  if (rest.length > 0) return args;
  // Alone, the program says how things are.
  if (first === "status") return [];
  return ["version", "-v", "-V"].includes(first!) ? ["--version"] : args;
}
