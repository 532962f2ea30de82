import { Buffer } from "node:buffer";

/** What a child process did. `undefined` stands for one that could not be started or was killed. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
}

/**
 * Runs a program by its absolute path with an empty environment and no stdin, and kills it at the deadline.
 * Its output is not waited for any longer either, since a grandchild can hold the pipe open.
 *
 * @param deadline in milliseconds
 */
export async function runCommand(
  path: string,
  args: readonly string[],
  deadline: number,
): Promise<CommandResult | undefined> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(path, {
      args: [...args],
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch {
    return undefined;
  }
  const timer = Promise.withResolvers<undefined>();
  const id = setTimeout(() => {
    timer.resolve(undefined);
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended, and something that it started holds its output.
    }
  }, deadline);
  try {
    return await Promise.race([timer.promise, outcome(child)]);
  } finally {
    clearTimeout(id);
  }
}

async function outcome(child: Deno.ChildProcess): Promise<CommandResult> {
  const [parts, status] = await Promise.all([Array.fromAsync(child.stdout), child.status]);
  return { code: status.code, stdout: Buffer.concat(parts).toString("utf8") };
}
