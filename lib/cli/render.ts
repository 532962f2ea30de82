import type { Terminal } from "../system.ts";

/** A column's heading, and its text for a row. */
export type Column<T> = readonly [heading: string, text: (row: T) => string];

/**
 * Writes a listing: a table with headings on a terminal, else one line per row with tabs between the columns.
 *
 * @param color whether headings may be dimmed
 */
export async function writeTable<T>(
  terminal: Terminal,
  color: boolean,
  columns: readonly Column<T>[],
  rows: readonly T[],
): Promise<void> {
  const lines = rows.map((row) => columns.map(([, text]) => text(row)));
  if (!terminal.stdout.isTerminal) {
    await terminal.out(lines.map((line) => line.join("\t") + "\n").join(""));
    return;
  }
  const headings = columns.map(([heading]) => heading);
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...lines.map((line) => line[i]!.length))
  );
  const pad = (line: readonly string[]) =>
    line.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd();
  const head = pad(headings);
  await terminal.out([color ? `\x1b[2m${head}\x1b[0m` : head, ...lines.map(pad)].join("\n") + "\n");
}

/** Writes a value as indented JSON to stdout. */
export async function writeJson(terminal: Terminal, value: unknown): Promise<void> {
  await terminal.out(JSON.stringify(value, null, 2) + "\n");
}

/** A time span in its two largest units, such as `9 d 4 h`. @param milliseconds at least 0 */
export function duration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

/** Tells a remark, and the next command to type. */
export type Note = (message: string, hint?: string) => Promise<void>;

/** Writes a remark to stderr, and below it the next command to type. */
export async function writeNote(terminal: Terminal, message: string, hint?: string): Promise<void> {
  await terminal.err(`agentgazer: ${message}\n`);
  if (hint !== undefined) await terminal.err(`agentgazer: hint: ${hint}\n`);
}
