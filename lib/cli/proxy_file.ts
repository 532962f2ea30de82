import { ensureFolder, readGuarded, remove, replaceDurably } from "../vault/file.ts";
import type { Home } from "../vault/home.ts";
import { withLock } from "../vault/lock.ts";

/** Where the proxy listens unless told otherwise. */
export const DEFAULT_PORT = 18900;

/** Where a running proxy listens. */
export interface ProxyAddress {
  /** Such as `http://127.0.0.1:18900`. */
  readonly url: string;
  readonly pid: number;
}

/** The base URL of the proxy that started last and did not end, else the default one. */
export function readAddress(home: Home): string {
  return read(home)?.url ?? `http://127.0.0.1:${DEFAULT_PORT}`;
}

/** Says where this process listens. @throws {AppError} */
export async function writeAddress(home: Home, address: ProxyAddress): Promise<void> {
  ensureFolder(home.folder);
  const bytes = new TextEncoder().encode(JSON.stringify(address) + "\n");
  await withLock(home.lock, () => Promise.resolve(replaceDurably(home.proxy, bytes)));
}

/** Takes that back, unless another proxy has started since. @throws {AppError} */
export async function removeAddress(home: Home, pid: number): Promise<void> {
  await withLock(home.lock, () => {
    if (read(home)?.pid === pid) remove(home.proxy);
    return Promise.resolve();
  });
}

function read(home: Home): ProxyAddress | undefined {
  const bytes = readGuarded(home.proxy);
  if (bytes === undefined) return undefined;
  try {
    const { url, pid } = JSON.parse(new TextDecoder().decode(bytes));
    return /^http:\/\/(127\.0\.0\.1|\[::1\]):\d+$/.test(url) && Number.isInteger(pid)
      ? { url, pid }
      : undefined;
  } catch {
    return undefined; // The address is a convenience; a broken file is as good as none.
  }
}
