import { transcribe } from "../transcript.ts";

/** How long a machine may take to power off, in milliseconds: longer than systemd waits for services. */
const PATIENCE = 120_000;

/** A system that has booted. */
export interface Booted extends AsyncDisposable {
  /** The id of its init, as seen from here. */
  readonly init: number;
}

/**
 * Boots the system in a folder.
 *
 * @param deadline how long it may take, in milliseconds
 * @throws {Error} when it does not boot; then nothing of it runs any more
 */
export async function bootFolder(root: string, deadline: number): Promise<Booted> {
  await using made = new AsyncDisposableStack();
  const nspawn = new Deno.Command("systemd-nspawn", {
    args: ["-q", "-D", root, "--register=no", "--keep-unit", "--resolv-conf=off", "--timezone=off", "-b"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const console = transcribe(nspawn.stdout);
  const errors = transcribe(nspawn.stderr);
  made.defer(async () => {
    await powerOff(nspawn);
    await Promise.all([console.ended, errors.ended]);
  });
  const late = setTimeout(() => cutPower(nspawn), deadline);
  try {
    await console.matches(/login:/);
  } catch (error) {
    throw new Error(`the machine in ${root} does not boot: ${errors.text()}`, { cause: error });
  } finally {
    clearTimeout(late);
  }
  const init = childrenOf(nspawn.pid)[0]!;
  const parts = made.move();
  return { init, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

async function powerOff(nspawn: Deno.ChildProcess): Promise<void> {
  // Tells its init to power off.
  kill(nspawn.pid, "SIGTERM");
  const late = setTimeout(() => cutPower(nspawn), PATIENCE);
  await nspawn.stdin.close().catch(() => {});
  await nspawn.status;
  clearTimeout(late);
}

/** Kills what runs in it: nspawn waits for the last of it, and ends. One that has not started anything is killed. */
function cutPower({ pid }: Deno.ChildProcess): void {
  const children = childrenOf(pid);
  for (const one of children.length > 0 ? children : [pid]) kill(one, "SIGKILL");
}

function childrenOf(pid: number): number[] {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}

function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
