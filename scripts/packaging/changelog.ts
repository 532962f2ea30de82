/** A version in CHANGELOG.md. */
interface Version {
  readonly version: string;
  /** In milliseconds since 1970 began; `undefined` for one that is not released. */
  readonly time: number | undefined;
  readonly changes: readonly string[];
}

const HEADING = /^## (\d+\.\d+\.\d+) \((unreleased|\d{4}-\d\d-\d\d)\)$/;

/** How wide the lines of Debian's changelog are. */
const WIDTH = 78;

/**
 * Debian's changelog (deb-changelog(5)) from CHANGELOG.md.
 *
 * @param seconds the time of a version that has no date yet, since 1970 began
 * @throws {Error} when the newest version is not this one, or there is more than versions with lists of changes
 */
export function debianChangelog(
  markdown: string,
  version: string,
  maintainer: string,
  seconds: number,
): string {
  const versions = parse(markdown);
  if (versions[0]?.version !== version) throw new Error(`CHANGELOG.md does not begin with ${version}`);
  return versions.map(({ version, time = seconds * 1000, changes }) => {
    const items = changes.map((change) => filled(`  * ${change}`)).join("\n");
    const written = new Date(time).toUTCString().replace("GMT", "+0000");
    return `agentgazer (${version}) unstable; urgency=medium\n\n${items}\n\n -- ${maintainer}  ${written}\n`;
  }).join("\n");
}

function parse(markdown: string): Version[] {
  const [introduction, ...sections] = markdown.split(/^(?=## )/m);
  if (introduction!.trim() !== "# Changelog") throw unreadable("text before the first version");
  return sections.map((section) => {
    const [title, ...lines] = section.trimEnd().split("\n");
    const [, version, date] = HEADING.exec(title!) ?? [];
    const time = date === "unreleased" ? undefined : Date.parse(date!);
    if (version === undefined || Number.isNaN(time)) {
      throw unreadable(`a heading that is no version: ${title}`);
    }
    const changes = changesIn(lines);
    if (changes.length === 0) throw unreadable(`a version without changes: ${title}`);
    return { version, time, changes };
  });
}

/** The items of a list, each as one line. */
function changesIn(lines: readonly string[]): string[] {
  const changes: string[] = [];
  for (const line of lines) {
    if (line === "") continue;
    const [, item] = /^- (\S.*)$/.exec(line) ?? [];
    // Two spaces, and no list, heading, quotation or code in the item.
    const [, more] = /^ {2}((?![-*+>#] |\d+[.)] |```)\S.*)$/.exec(line) ?? [];
    if (item !== undefined) changes.push(item);
    else if (more !== undefined && changes.length > 0) changes.push(`${changes.pop()} ${more}`);
    else throw unreadable(`a line that belongs to no item: ${line}`);
  }
  return changes;
}

function unreadable(what: string): Error {
  return new Error(`CHANGELOG.md has ${what}`);
}

function filled(item: string): string {
  const lines = [""];
  for (const word of item.split(/(?<=\S) /)) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + word.length >= WIDTH) lines.push(`    ${word}`);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}
