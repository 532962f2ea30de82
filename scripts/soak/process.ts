/** What a process holds. */
export interface Sample {
  /** Resident, in MiB. */
  readonly memory: number;
  readonly descriptors: number;
}

/** How much memory may grow from the middle to the end. */
const GROWTH = 1.1;

/** Shorter runs than this are over before memory has found its size, and only have a limit, in MiB. */
const LONG_RUN = 10;
const LIMIT = 200;

/** How long connections may take to be closed after the load, in milliseconds: unused ones are kept for 50 seconds. */
const SETTLING = 90_000;

/** Looks at a process. */
export async function sample(pid: number): Promise<Sample> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const memory = Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024);
  let descriptors = 0;
  for await (const _ of Deno.readDir(`/proc/${pid}/fd`)) descriptors++;
  return { memory, descriptors };
}

/** Compares the last tenth of the samples with the tenth behind the middle. */
export function checkMemory(samples: readonly Sample[], minutes: number): string[] {
  const most = Math.max(...samples.map(({ memory }) => memory));
  if (most > LIMIT) return [`memory grew to ${most} MiB`];
  if (minutes < LONG_RUN) return [];
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const mean = (some: readonly Sample[]) => some.reduce((sum, { memory }) => sum + memory, 0) / some.length;
  const half = Math.floor(samples.length / 2);
  const middle = mean(samples.slice(half, half + tenth));
  const end = mean(samples.slice(-tenth));
  if (end <= middle * GROWTH) return [];
  return [`memory grew from ${middle.toFixed(0)} to ${end.toFixed(0)} MiB in the second half`];
}

/** Waits until descriptors are back to what an idle proxy holds. */
export async function settled(pid: number, idle: Sample): Promise<string[]> {
  const end = Date.now() + SETTLING;
  for (;;) {
    const { descriptors } = await sample(pid);
    if (descriptors <= idle.descriptors + 2) return [];
    if (Date.now() > end) {
      return [`${descriptors} descriptors are open ${SETTLING / 1000} s later, ${idle.descriptors} at first`];
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
