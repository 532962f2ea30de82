/** Longer than a killed process ever takes to be gone, in milliseconds. */
const LIMIT = 20_000;

/** Resolves once a process has ended. @throws when it lives on */
export async function processEnd(pid: number): Promise<void> {
  const limit = performance.now() + LIMIT;
  while (!hasEnded(pid)) {
    if (performance.now() > limit) throw new Error(`process ${pid} still runs`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Whether it is gone, or dead and not yet collected. */
function hasEnded(pid: number): boolean {
  try {
    return /\) [ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return true;
  }
}
