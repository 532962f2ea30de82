/** A version in CHANGELOG.md. */
interface Version {
  readonly version: string;
  /** As `2026-12-01`; `undefined` for one that is not released. */
  readonly date: string | undefined;
  readonly changes: readonly string[];
}

const HEADING = /^## (\d+\.\d+\.\d+) \((unreleased|\d{4}-\d\d-\d\d)\)$/;

/** How wide the lines of Debian's changelog are. */
const WIDTH = 78;

/**
 * Debian's changelog (deb-changelog(5)) from CHANGELOG.md.
 *
 * @param seconds the time of a version that has no date yet, since 1970 began
 * @throws {Error} when the newest version is not this one, or a heading can't be read
 */
export function debianChangelog(
  markdown: string,
  version: string,
  maintainer: string,
  seconds: number,
): string {
  const versions = parse(markdown);
  if (versions[0]?.version !== version) throw new Error(`CHANGELOG.md does not begin with ${version}`);
  return versions.map(({ version, date, changes }) => {
    const time = new Date(date === undefined ? seconds * 1000 : Date.parse(date));
    const items = changes.map((change) => filled(`  * ${change}`)).join("\n");
    const written = time.toUTCString().replace("GMT", "+0000");
    return `agentgazer (${version}) unstable; urgency=medium\n\n${items}\n\n -- ${maintainer}  ${written}\n`;
  }).join("\n");
}

function parse(markdown: string): Version[] {
  return markdown.split(/^(?=## )/m).slice(1).map((section) => {
    const [title, ...lines] = section.trim().split("\n");
    const [, version, date] = HEADING.exec(title!) ?? [];
    if (version === undefined) throw new Error(`CHANGELOG.md has a heading that is no version: ${title}`);
    const changes = lines.join(" ").split(/(?:^|\s)- /).slice(1).map((change) => change.replace(/\s+/g, " "));
    return { version, date: date === "unreleased" ? undefined : date, changes };
  });
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
