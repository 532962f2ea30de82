import type { Run } from "../program.ts";
import type { TemporaryFolder } from "../temporary_folder.ts";
import { pathOf } from "./path_of.ts";

/** How the installer is run. */
export interface RunOptions {
  readonly shell?: string;
  readonly script?: string;
  readonly isPiped?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Put before the shell. */
  readonly wrapper?: readonly string[];
}

/** Runs a script with the tools and the home folder that are in a folder. */
export async function runScript(
  folder: TemporaryFolder,
  filled: string,
  args: readonly string[],
  { shell = "sh", script = filled, isPiped = false, env, wrapper = [] }: RunOptions,
): Promise<Run> {
  Deno.writeTextFileSync(folder.at("tools", "install.sh"), script);
  const [name, ...options] = shell.split(" ");
  const how = isPiped ? ["-s", "--"] : [folder.at("tools", "install.sh")];
  const line = [...wrapper, pathOf(name!)!, ...options, ...how, ...args];
  const child = new Deno.Command(line[0]!, {
    args: line.slice(1),
    cwd: folder.at("home"),
    clearEnv: true,
    env: { PATH: folder.at("tools"), HOME: folder.at("home"), TMPDIR: folder.at("tmp"), ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const writer = child.stdin.getWriter();
  // A script that ends early does not read the rest.
  await writer.write(new TextEncoder().encode(isPiped ? script : "not to be read")).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
