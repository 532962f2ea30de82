/** Resolves once so many other processes have this file open, such as those that wait for its lock. */
export async function openedBy(count: number, path: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && openers(path) < count) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** How many other processes have this file open now. Needs the right to look at them. */
function openers(path: string): number {
  const pids = [...Deno.readDirSync("/proc")].map(({ name }) => name).filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => Number(pid) !== Deno.pid && hasOpen(pid, path)).length;
}

function hasOpen(pid: string, path: string): boolean {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].some(({ name }) => leadsTo(pid, name) === path);
  } catch {
    // It has ended.
    return false;
  }
}

function leadsTo(pid: string, descriptor: string): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/${pid}/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}
