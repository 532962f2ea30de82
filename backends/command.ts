import { Buffer } from "node:buffer";

/** When a child counts as slow, in milliseconds. */
const SLOW = 1000;

/** What a child process did, or that it could not be started, or was killed at its deadline. */
export type CommandResult =
  | { readonly state: "ended"; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly state: "not_started" }
  | { readonly state: "late" };

/** How a child is run. */
export interface CommandOptions {
  /** When it is killed, in milliseconds from its start. */
  readonly deadline: number;
  /** Its whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads; nothing else. */
  readonly stdin?: string;
  /** Its output is thrown away by the system and never enters this process. */
  readonly discardStdout?: true;
  /** Called once when it has not ended after a second. */
  readonly onSlow?: () => void;
}

/**
 * Runs a program by its absolute path with an empty environment, and kills it at the deadline. Its output is not
 * waited for any longer either, since a grandchild can hold the pipe open.
 */
export async function runCommand(
  path: string,
  args: readonly string[],
  { deadline, env = {}, stdin, discardStdout, onSlow }: CommandOptions,
): Promise<CommandResult> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(path, {
      args: [...args],
      clearEnv: true,
      env: { ...env },
      stdin: stdin === undefined ? "null" : "piped",
      stdout: discardStdout === true ? "null" : "piped",
      stderr: "piped",
    }).spawn();
  } catch {
    return { state: "not_started" };
  }
  const timer = Promise.withResolvers<CommandResult>();
  const slow = setTimeout(() => onSlow?.(), SLOW);
  const end = setTimeout(() => {
    timer.resolve({ state: "late" });
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended, and something that it started holds its output.
    }
  }, deadline);
  try {
    return await Promise.race([timer.promise, outcome(child, stdin, discardStdout === true)]);
  } finally {
    clearTimeout(slow);
    clearTimeout(end);
  }
}

async function outcome(
  child: Deno.ChildProcess,
  stdin: string | undefined,
  discard: boolean,
): Promise<CommandResult> {
  const [status, stdout, stderr] = await Promise.all([
    child.status,
    discard ? "" : textOf(child.stdout),
    textOf(child.stderr),
    stdin === undefined ? undefined : feed(child.stdin, stdin),
  ]);
  return { state: "ended", code: status.code, stdout, stderr };
}

/** A child may end before it has read everything; then its exit code says what happened. */
async function feed(pipe: WritableStream<Uint8Array>, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  const writer = pipe.getWriter();
  try {
    await writer.write(bytes);
    await writer.close();
  } catch {
    // As above.
  } finally {
    bytes.fill(0);
  }
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(stream)).toString("utf8");
}
