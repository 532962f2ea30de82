import { join } from "node:path";
import type { Target } from "../compile/targets.ts";
import { completions, copyright, manuals, ownFile } from "./documents.ts";
import { archiveName } from "./release.ts";
import { run } from "./run.ts";
import { type PackedFile, type Tree, writeTree } from "./tree.ts";

/**
 * Makes the archive that people download.
 *
 * @param executable the path of the built one
 * @param seconds the time of all files, since 1970 began
 * @returns its path
 */
export async function makeArchive(
  target: Target,
  executable: string,
  dist: string,
  seconds: number,
): Promise<string> {
  const name = archiveName(target);
  const file = join(dist, `${name}.tar.gz`);
  const work = await Deno.makeTempDir({ prefix: "agentgazer-archive-" });
  try {
    await writeTree(join(work, name), await contents(executable, seconds));
    await run("tar", [
      "--create",
      `--file=${file}`,
      "--use-compress-program=gzip -6n",
      "--format=ustar",
      "--sort=name",
      `--mtime=@${seconds}`,
      "--owner=0",
      "--group=0",
      "--numeric-owner",
      `--directory=${work}`,
      name,
    ]);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  return file;
}

/** The README, and what it leads to. */
const DOCUMENTS = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "docs/first-call.svg",
  "docs/reference.md",
  "docs/sandboxes.md",
];

async function contents(executable: string, seconds: number): Promise<Tree> {
  const documents = DOCUMENTS.map(async (name) => [name, { content: await ownFile(name) }] as const);
  return new Map<string, PackedFile>([
    ["agentgazer", { content: await Deno.readFile(executable), executable: true }],
    ["COPYRIGHT", { content: await copyright() }],
    ["LICENSE", { content: await ownFile("LICENSE") }],
    ...await Promise.all(documents),
    ["completions/agentgazer.bash", { content: completions("bash") }],
    ["completions/_agentgazer", { content: completions("zsh") }],
    ["completions/agentgazer.fish", { content: completions("fish") }],
    ...manuals(seconds).map(({ file, text }) => [`man/${file}`, { content: text }] as const),
  ]);
}
