import { join } from "node:path";

/** What every measurement is made with. */
export interface Setting {
  /** A folder of its own, with the certificates. */
  readonly folder: string;
  readonly executable: string;
  readonly rounds: number;
  /** Of one run. */
  readonly seconds: number;
}

/** A program that was started, and ends with the block it was started in. */
export interface Started extends AsyncDisposable {
  readonly pid: number;
}

/** Starts a program whose output nobody needs. With `log`, its stderr goes to that file. */
export function startProgram(
  command: readonly string[],
  options: { readonly env?: Record<string, string>; readonly cwd?: string; readonly log?: string } = {},
): Started {
  const { env = {}, cwd, log = "/dev/null" } = options;
  // The descriptor limit is raised for all: thousands of connections are measured.
  const script = 'ulimit -n "$(ulimit -Hn)"; log=$1; shift; exec "$@" 2>>"$log"';
  const child = new Deno.Command("sh", {
    args: ["-c", script, "sh", log, ...command],
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", ...env },
    clearEnv: true,
    ...cwd !== undefined && { cwd },
    stdin: "null",
    stdout: "null",
  }).spawn();
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/** Runs a program to its end and gives its stdout. Throws when it fails. */
export async function run(
  command: readonly string[],
  options: { readonly env?: Record<string, string>; readonly stdin?: string } = {},
): Promise<string> {
  const [program, ...args] = command;
  const child = new Deno.Command(program!, {
    args,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", ...options.env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(options.stdin ?? "")).catch(() => {});
  await writer.close().catch(() => {});
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`${command.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Waits until something listens on a port of this machine, for ten seconds at most. */
export async function listening(port: number): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Resident memory of a process in bytes: now, or the most since the last {@linkcode resetPeak}. */
export async function residentMemory(pid: number, what: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, "m").exec(status)![1]) * 1024;
}

/** Forgets the most memory that a process ever had. */
export async function resetPeak(pid: number): Promise<void> {
  await Deno.writeTextFile(`/proc/${pid}/clear_refs`, "5");
}

/** The processor time of a process so far, in microseconds. */
export async function processorTime(pid: number): Promise<number> {
  const fields = (await Deno.readTextFile(`/proc/${pid}/stat`)).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** The certificate authority of the upstream. */
export function authority(folder: string): string {
  return join(folder, "ca.pem");
}
