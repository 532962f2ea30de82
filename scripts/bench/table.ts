/** One line of the result. */
export interface Row {
  readonly what: string;
  readonly target: string;
  /** Its unit is in `what`. */
  readonly value: number;
  /** The lower and the upper quartile. */
  readonly spread?: readonly [number, number];
  /** What the ratio is to. */
  readonly against?: string;
  readonly ratio?: number;
  /** What the ratio, or without one the value, must reach. */
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number };
}

/** Whether a row reaches its bar; `undefined` without one. */
export function isMet({ value, ratio = value, bar }: Row): boolean | undefined {
  if (bar === undefined) return undefined;
  return "atLeast" in bar ? ratio >= bar.atLeast : ratio <= bar.atMost;
}

/** The rows as a table for people. */
export function textTable(rows: readonly Row[]): string {
  const cells = [["what", "target", "value", "spread", "ratio", "bar", ""], ...rows.map(cellsOf)];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells.map((line) => line.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()).join("\n");
}

function cellsOf(row: Row): string[] {
  const { what, target, value, spread, against, ratio, bar } = row;
  const met = isMet(row);
  return [
    what,
    target,
    shown(value),
    spread === undefined ? "" : `${shown(spread[0])}–${shown(spread[1])}`,
    ratio === undefined ? "" : `${ratio.toFixed(2)} × ${against}`,
    bar === undefined ? "" : "atLeast" in bar ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`,
    met === undefined ? "" : met ? "met" : "MISSED",
  ];
}

function shown(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(2);
}
