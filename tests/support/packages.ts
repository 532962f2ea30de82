import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { TARGETS } from "../../scripts/compile/targets.ts";
import { ROOT } from "./needs.ts";

/** Where `scripts/deno task package` puts what it makes. */
export const DIST = join(ROOT, "dist");

/** The Debian package for a processor. */
export function debFor(architecture: "amd64" | "arm64"): string {
  return join(DIST, `agentgazer_${config.version}_${architecture}.deb`);
}

/** The archives that were made, by the name of their target. */
export async function archives(): Promise<ReadonlyMap<string, string>> {
  const paths = TARGETS.map(({ triple }) =>
    [triple, join(DIST, `agentgazer-${config.version}-${triple}.tar.gz`)] as const
  );
  const there = await Promise.all(paths.map(([, path]) => Deno.stat(path).then(() => true, () => false)));
  return new Map(paths.filter((_, at) => there[at]));
}

/** What a program left. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end. */
export async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const command = new Deno.Command(program, { args: [...args], env, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** The paths in an archive, with a `/` behind folders. */
export async function pathsIn(archive: string): Promise<string[]> {
  return (await run("tar", ["-tzf", archive])).out.trimEnd().split("\n");
}
