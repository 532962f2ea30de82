import type { Command } from "commander";

/** A command line, and what it does. */
export type Example = readonly [line: string, does: string];

/** How wide the command lines are at the most where what they do still stands beside them, in characters. */
const LINE_WIDTH = 46;

const examples = new WeakMap<Command, readonly Example[]>();

/** Adds examples to the end of a command's help. The man pages and docs/reference.md show them too. */
export function addExamples(command: Command, ...added: readonly Example[]): void {
  examples.set(command, added);
  command.addHelpText("after", () => `\nExamples:\n${exampleLines(added)}`);
}

/** The examples of a command. */
export function examplesOf(command: Command): readonly Example[] {
  return examples.get(command) ?? [];
}

/** Sets command lines beside what they do, as lines that are indented by two. */
export function exampleLines(shown: readonly Example[]): string {
  const width = Math.max(...shown.map(([line]) => line.length).filter((length) => length <= LINE_WIDTH), 0);
  return shown.map(([line, does]) =>
    line.length <= width ? `  ${line.padEnd(width)}  ${does}` : `  ${line}\n  ${"".padEnd(width)}  ${does}`
  ).join("\n");
}
