import { transcribe, type Transcript } from "../transcript.ts";

/** A program that runs beside a test. Disposal kills it. */
export interface Helper extends AsyncDisposable {
  readonly pid: number;
  readonly stdout: Transcript;
  readonly stderr: Transcript;
  /** Writes to its stdin. */
  tell(text: string): Promise<void>;
  /** Resolves when it has ended and all that it wrote is read. */
  readonly ended: Promise<Deno.CommandStatus>;
}

/** How a helper is run. */
export interface HelperOptions {
  /** All of its environment beside `PATH`. */
  readonly env: Readonly<Record<string, string>>;
  /** All of its stdin, which stays open without this. */
  readonly stdin?: string;
}

/** Starts a program in the background. */
export async function startHelper(
  program: string,
  args: readonly string[],
  { env, stdin }: HelperOptions,
): Promise<Helper> {
  const child = new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const stdout = transcribe(child.stdout);
  const stderr = transcribe(child.stderr);
  const ended = Promise.all([child.status, stdout.ended, stderr.ended]).then(([status]) => status);
  const helper: Helper = {
    pid: child.pid,
    stdout,
    stderr,
    tell: (text) => writer.write(new TextEncoder().encode(text)),
    ended,
    async [Symbol.asyncDispose]() {
      await writer.close().catch(() => {});
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await ended;
    },
  };
  if (stdin !== undefined) {
    // What reads no input may be gone already.
    await helper.tell(stdin).catch(() => {});
    await writer.close().catch(() => {});
  }
  return helper;
}
