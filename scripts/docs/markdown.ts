import { EXIT_CODES, FILES, VARIABLES } from "./facts.ts";
import type { Page, Term } from "./pages.ts";

/** docs/reference.md, for the page of the program. */
export function reference(program: Page): string {
  return [
    "# Reference",
    "<!-- Made by `scripts/deno task docs` from the command tree. -->",
    "Every listing has `--json`, and errors then are one line of JSON on stderr. Every command has `--help`.",
    ...program.below.flatMap((page) => section(page, "##")),
    "## Variables",
    table(["variable", "does"], VARIABLES),
    "## Files",
    "They lie in `~/.agentgazer`, or in the folder that `AGENTGAZER_HOME` names.",
    table(["file", "what"], FILES),
    "## Exit codes",
    table(["code", "means"], EXIT_CODES),
  ].join("\n\n") + "\n";
}

function section(page: Page, level: string): string[] {
  const isGroup = page.below.length > 0;
  return [
    `${level} ${page.name}`,
    `${page.text[0]!.toUpperCase()}${page.text.slice(1)}.`,
    ...isGroup ? [] : [fence(page.usage)],
    ...page.arguments.length > 0 ? [table(["argument", "what"], page.arguments)] : [],
    ...page.options.length > 0 ? [table(["option", "does"], page.options)] : [],
    ...page.examples.length > 0 ? [fence(examples(page))] : [],
    ...page.below.flatMap((one) => section(one, level + "#")),
  ];
}

function examples({ examples }: Page): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  return examples.map(([line, does]) => `${line.padEnd(width)}  # ${does}`).join("\n");
}

function fence(text: string): string {
  return "```sh\n" + text + "\n```";
}

function table([first, second]: readonly [string, string], rows: readonly Term[]): string {
  const lines = rows.map(({ term, text }) => {
    const names = term.split(", ").map((name) => `\`${name}\``).join(", ");
    return `| ${names} | ${text.replaceAll("|", "\\|")} |`;
  });
  return [`| ${first} | ${second} |`, "| --- | --- |", ...lines].join("\n");
}
