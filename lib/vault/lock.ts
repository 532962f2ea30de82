import { AppError } from "../errors.ts";
import { isStill, PRIVATE } from "./file.ts";
import { refuseUnsafe } from "./guard.ts";
import { unavailable } from "./unavailable.ts";

/** How long to wait for another process's write before giving up, in milliseconds. */
const WRITE_TIMEOUT = 10_000;

/** The longest pause between two tries, in milliseconds. */
const LONGEST_PAUSE = 25;

/**
 * Runs `work` while no other process holds the lock file (flock). The kernel frees it when the holder dies.
 *
 * @param timeout how long another process may hold it, in milliseconds
 * @throws {AppError} `vault_unavailable` when another process holds it for longer, or it can't be opened; `refused`
 * when it is a link or someone else's
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  timeout: number = WRITE_TIMEOUT,
): Promise<T> {
  const deadline = { at: performance.now() + timeout, timeout };
  for (;;) {
    const file = openLock(path);
    try {
      await acquire(file, path, deadline);
      // Somebody may have removed or replaced the file while we waited: then others lock another one.
      if (isStill(file, path)) return await work();
      refuseLate(path, deadline);
    } finally {
      file.close();
    }
  }
}

interface Deadline {
  /** As `performance.now()` counts. */
  readonly at: number;
  readonly timeout: number;
}

/** Locks a file until it is disposed of or this process ends, so that others can see that it lives. */
export function holdLock(path: string): Disposable {
  const file = Deno.openSync(path, { read: true, write: true });
  file.lockSync(true);
  return file;
}

/** Whether a living process holds the file. */
export function isHeld(path: string): boolean {
  try {
    // A shared lock, so that two who ask at once do not take each other for the holder.
    const file = Deno.openSync(path, { read: true });
    try {
      return !file.tryLockSync(false);
    } finally {
      file.close();
    }
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

function openLock(path: string): Deno.FsFile {
  try {
    const file = Deno.openSync(path, { read: true, write: true, createNew: true, mode: PRIVATE });
    Deno.chmodSync(path, PRIVATE);
    return file;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw unavailable("lock", path, error);
  }
  try {
    refuseUnsafe(path, Deno.lstatSync(path), "own", Deno.uid() ?? -1);
    return Deno.openSync(path, { read: true, write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return openLock(path);
    throw unavailable("lock", path, error);
  }
}

async function acquire(file: Deno.FsFile, path: string, deadline: Deadline): Promise<void> {
  for (let pause = 1; !file.tryLockSync(true); pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    refuseLate(path, deadline);
    const jittered = pause * (0.5 + Math.random());
    await new Promise((resolve) => setTimeout(resolve, jittered));
  }
}

function refuseLate(path: string, { at, timeout }: Deadline): void {
  if (performance.now() <= at) return;
  throw new AppError(
    "vault_unavailable",
    `Cannot lock ${path}: another agentgazer has held it for ${timeout / 1000} seconds`,
    "wait for the other command to end, then try again",
  );
}
