import { EXIT_CODES, FILES, VARIABLES } from "./facts.ts";
import type { Page, Term } from "./pages.ts";

/** How long a line of the source is at the most. */
const LINE_LENGTH = 78;

/** A manual page in the language of man(7). */
export interface ManualPage {
  /** Such as `agentgazer-start.1`. */
  readonly file: string;
  readonly text: string;
}

/**
 * The manual pages of the program: one of its own, and one for each command directly below it.
 *
 * @param seconds the date that they bear, since 1970 began
 */
export function manualPages(program: Page, version: string, seconds: number): ManualPage[] {
  const date = new Date(seconds * 1000).toISOString().slice(0, 10);
  return [overview(program), ...program.below.map(command)].map(({ name, text }) => ({
    file: `${name}.1`,
    text: `.TH ${quoted(name.toUpperCase())} 1 "${date}" ${quoted(`agentgazer ${version}`)}\n${text}`,
  }));
}

type Named = { readonly name: string; readonly text: string };

function overview(program: Page): Named {
  const text = [
    heading("NAME", filled(`agentgazer - ${decapitalised(program.text)}`)),
    heading("SYNOPSIS", usage(program)),
    heading("DESCRIPTION", filled(DESCRIPTION)),
    heading("COMMANDS", terms(program.below.map(({ name, text }) => ({ term: name, text })))),
    heading("OPTIONS", terms(program.options)),
    heading("EXAMPLES", examples(program)),
    heading("ENVIRONMENT", terms(VARIABLES)),
    heading("FILES", terms(FILES)),
    heading("EXIT STATUS", terms(EXIT_CODES)),
    heading("SEE ALSO", program.below.map(reference).join(",\n")),
  ];
  return { name: program.name, text: text.join("") };
}

const DESCRIPTION = "agentgazer keeps API keys and logins in an encrypted vault, whose key is in the " +
  "keystore of the operating system where there is one. Tools call a local proxy with a worthless local token, " +
  "and the proxy puts the real credential in, for the provider's own host only. Without a command it says what " +
  'there is and what to do next. Errors say what failed and, behind "hint:", what to type next.';

function command(page: Page): Named {
  const leaves = page.below.length > 0 ? page.below : [page];
  const text = [
    heading("NAME", filled(`${hyphenated(page.name)} - ${page.text}`)),
    heading("SYNOPSIS", leaves.map(usage).join("\n.br\n")),
    heading(
      "DESCRIPTION",
      leaves.length === 1 && page === leaves[0]
        ? details(page)
        : leaves.map((leaf) => `.SS ${quoted(leaf.name)}\n${details(leaf)}`).join("\n"),
    ),
    ...leaves.some((leaf) => leaf.examples.length > 0)
      ? [heading("EXAMPLES", leaves.filter((leaf) => leaf.examples.length > 0).map(examples).join("\n"))]
      : [],
    heading("SEE ALSO", ".BR agentgazer (1)"),
  ];
  return { name: hyphenated(page.name), text: text.join("") };
}

function details(page: Page): string {
  const all = [...page.arguments, ...page.options];
  return [filled(`${page.text[0]!.toUpperCase()}${page.text.slice(1)}.`), ...all.length ? [terms(all)] : []]
    .join("\n");
}

function heading(name: string, text: string): string {
  return `.SH ${name.includes(" ") ? quoted(name) : name}\n${text}\n`;
}

function usage({ name, usage }: Page): string {
  return `.B ${quoted(name)}\n${escaped(usage.slice(name.length).trim())}`.trimEnd();
}

function terms(rows: readonly Term[]): string {
  return rows.map(({ term, text }) => `.TP\n.B ${quoted(term)}\n${filled(text)}`).join("\n");
}

function examples({ examples }: Page): string {
  return examples.map(([line, does]) => `.TP\n.B ${quoted(line)}\n${filled(does)}`).join("\n");
}

function reference({ name }: Page): string {
  return `.BR ${escaped(hyphenated(name))} (1)`;
}

function hyphenated(name: string): string {
  return name.replaceAll(" ", "-");
}

function decapitalised(text: string): string {
  return `${text[0]!.toLowerCase()}${text.slice(1)}`.replace(/\.$/, "");
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', "\\(dq")}"`;
}

/** A paragraph in lines of a length that people can edit. */
function filled(text: string): string {
  const lines = [""];
  for (const word of escaped(text).split(" ")) {
    const line = lines.at(-1)!;
    if (line.length + word.length >= LINE_LENGTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`.trimStart();
  }
  return lines.map((line) => line.replace(/^\./, "\\&.")).join("\n");
}

/** Text that roff takes as it is: its own signs are escaped, (groff(7)). */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("'", "\\(aq").replaceAll("`", "\\(ga")
    .replaceAll("~", "\\(ti").replaceAll("^", "\\(ha");
}
