import { ensureFolder, readGuarded, remove, replaceDurably } from "../vault/file.ts";
import type { Home } from "../vault/home.ts";
import { holdLock, isHeld, withLock } from "../vault/lock.ts";

/** Where the proxy listens unless told otherwise. */
export const DEFAULT_PORT = 18900;

/** Its base URL then. */
export const DEFAULT_ADDRESS = `http://127.0.0.1:${DEFAULT_PORT}`;

/** How often it is looked whether another proxy has ended, in milliseconds. */
const LOOK_TIME = 1000;

/** On this machine in the clear, or under any name over TLS. */
const ADDRESS = /^(http:\/\/(127\.0\.0\.1|\[::1\])|https:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])):\d+$/;

/** Where a running proxy listens. */
export interface ProxyAddress {
  /** Such as `http://127.0.0.1:18900`. */
  readonly url: string;
  /** The port that it listens on, whatever its URL says. */
  readonly port: number;
  readonly pid: number;
}

/** Where the running proxy listens, if one runs; of several, the one that was there first. */
export function runningAddress(home: Home): ProxyAddress | undefined {
  const address = read(home);
  // One that was killed left its file, but the kernel freed its lock.
  return address !== undefined && isHeld(home.proxy) ? address : undefined;
}

/** The same for a proxy that is about to start: a file that can't be used is as good as none, and is replaced. */
export function addressOfOther(home: Home): ProxyAddress | undefined {
  try {
    return runningAddress(home);
  } catch {
    return undefined;
  }
}

/** How others that run are waited for. */
export interface Waiting {
  sleep(milliseconds: number): Promise<void>;
  /** Is called once when another proxy of this vault runs, with its base URL. */
  onOther(url: string): void;
}

/**
 * Says where this process listens, until it ends: at once, or, while another proxy of this vault runs, as soon as that
 * one has ended.
 *
 * @returns takes it back, or waits no more
 * @throws {AppError} when the file can't be written
 */
export async function publishAddress(
  home: Home,
  address: ProxyAddress,
  { sleep, onOther }: Waiting,
): Promise<() => Promise<void>> {
  let held = await takePlace(home, address);
  let isOver = false;

  async function wait(): Promise<void> {
    while (held === undefined && !isOver) {
      await sleep(LOOK_TIME);
      // What can't be written now may be written later.
      if (!isOver) held = await takePlace(home, address).catch(() => undefined);
    }
  }

  if (held === undefined) {
    const other = addressOfOther(home);
    if (other !== undefined) onOther(other.url);
    wait();
  }
  return async () => {
    isOver = true;
    if (held !== undefined) await giveBack(home, held);
  };
}

/** Takes the place that the file is, unless another proxy has it. */
async function takePlace(home: Home, address: ProxyAddress): Promise<Disposable | undefined> {
  if (addressOfOther(home) !== undefined) return undefined;
  ensureFolder(home.folder);
  const bytes = new TextEncoder().encode(JSON.stringify(address) + "\n");
  return await withLock(home.lock, () => {
    // Another one may have been faster.
    if (addressOfOther(home) !== undefined) return Promise.resolve(undefined);
    replaceDurably(home.proxy, bytes);
    return Promise.resolve(holdLock(home.proxy));
  });
}

function giveBack(home: Home, held: Disposable): Promise<void> {
  held[Symbol.dispose]();
  return withLock(home.lock, () => {
    // Another one may have taken the place already; its pid can be the same, in a namespace of its own.
    if (addressOfOther(home) === undefined) remove(home.proxy);
    return Promise.resolve();
  });
}

function read(home: Home): ProxyAddress | undefined {
  const bytes = readGuarded(home.proxy);
  if (bytes === undefined) return undefined;
  try {
    const { url, port, pid } = JSON.parse(new TextDecoder().decode(bytes));
    return ADDRESS.test(url) && [port, pid].every(Number.isInteger) ? { url, port, pid } : undefined;
  } catch {
    return undefined; // The address is a convenience; a broken file is as good as none.
  }
}
