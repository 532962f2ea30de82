import { ensureFolder, readGuarded, remove, replaceDurably } from "../vault/file.ts";
import type { Home } from "../vault/home.ts";
import { holdLock, isHeld, withLock } from "../vault/lock.ts";

/** Where the proxy listens unless told otherwise. */
export const DEFAULT_PORT = 18900;

/** Its base URL then. */
export const DEFAULT_ADDRESS = `http://127.0.0.1:${DEFAULT_PORT}`;

/** On this machine in the clear, or under any name over TLS. */
const ADDRESS = /^(http:\/\/(127\.0\.0\.1|\[::1\])|https:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])):\d+$/;

/** Where a running proxy listens. */
export interface ProxyAddress {
  /** Such as `http://127.0.0.1:18900`. */
  readonly url: string;
  readonly pid: number;
}

/** The base URL of the running proxy that started last, else the default one. */
export function readAddress(home: Home): string {
  return runningAddress(home) ?? DEFAULT_ADDRESS;
}

/** The base URL of the running proxy that started last, if one runs. */
export function runningAddress(home: Home): string | undefined {
  const address = read(home);
  // One that was killed left its file, but the kernel freed its lock.
  return address !== undefined && isHeld(home.proxy) ? address.url : undefined;
}

/**
 * Says where this process listens, until it ends.
 *
 * @returns takes it back, unless another proxy has started since
 * @throws {AppError} when the file can't be written
 */
export async function publishAddress(home: Home, address: ProxyAddress): Promise<() => Promise<void>> {
  ensureFolder(home.folder);
  const bytes = new TextEncoder().encode(JSON.stringify(address) + "\n");
  const held = await withLock(home.lock, () => {
    replaceDurably(home.proxy, bytes);
    return Promise.resolve(holdLock(home.proxy));
  });
  return () => {
    held[Symbol.dispose]();
    return withLock(home.lock, () => {
      if (read(home)?.pid === address.pid) remove(home.proxy);
      return Promise.resolve();
    });
  };
}

function read(home: Home): ProxyAddress | undefined {
  const bytes = readGuarded(home.proxy);
  if (bytes === undefined) return undefined;
  try {
    const { url, pid } = JSON.parse(new TextDecoder().decode(bytes));
    return ADDRESS.test(url) && Number.isInteger(pid) ? { url, pid } : undefined;
  } catch {
    return undefined; // The address is a convenience; a broken file is as good as none.
  }
}
