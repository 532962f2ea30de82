import { stripVTControlCharacters } from "node:util";

/** Sizes in pixels. */
const [COLUMN, LINE, MARGIN, TITLE] = [7.8, 18, 14, 30];

/** What fits into a line of a terminal. */
const WRAPPED = /.{1,92}(?= |$)/g;

/** Draws what terminals show, one below the other. @param prompt what stands before the lines that were typed */
export function screensAsSvg(
  screens: readonly (readonly [title: string, text: string])[],
  prompt: string,
): string {
  const windows = screens.map(([title, text]) => ({ title, lines: linesOf(text, prompt) }));
  const columns = Math.max(...windows.flatMap(({ lines }) => lines.map((line) => line.length)));
  const width = Math.ceil(columns * COLUMN) + 2 * MARGIN;
  let top = 0;
  const drawn = windows.map(({ title, lines }) => {
    const height = TITLE + lines.length * LINE + MARGIN;
    const rows = lines.map((line, at) => {
      const kind = line.startsWith(prompt) ? "typed" : "shown";
      return `<text class="${kind}" x="${MARGIN}" y="${top + TITLE + (at + 1) * LINE - 4}">${
        escaped(line)
      }</text>`;
    });
    const window = [
      `<rect class="window" y="${top}" width="${width}" height="${height}" rx="8"/>`,
      `<text class="title" x="${MARGIN}" y="${top + 20}">${escaped(title)}</text>`,
      ...rows,
    ];
    top += height + MARGIN;
    return window.join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top - MARGIN}" width="${width}">
<style>
text { font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre; }
.window { fill: #16181d; }
.title { fill: #8b93a1; font-family: sans-serif; }
.typed { fill: #8fd18f; }
.shown { fill: #e3e6eb; }
</style>
${drawn.join("\n")}
</svg>
`;
}

/** The lines of a screen, broken between words, without a prompt that nothing was typed at. */
function linesOf(text: string, prompt: string): string[] {
  const plain = stripVTControlCharacters(text).replaceAll("\r", "").trimEnd();
  const lines = plain.split("\n").filter((line) => line !== "" && line !== prompt.trim());
  return lines.flatMap((line) => line.match(WRAPPED)!);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
