import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import { AppError } from "../errors.ts";
import { type FileKind, quote, refuseUnsafe, refuseUnsafeFolder } from "./guard.ts";
import { unavailable } from "./unavailable.ts";

export { quote };

/** The mode of the program's own files. The umask narrows it when they are made, so it is set again. */
export const PRIVATE = 0o600;

/**
 * Makes the folder, private to its owner, unless it is there.
 *
 * @throws {AppError} `refused` when others could write to it, `vault_unavailable` when it can't be made
 */
export function ensureFolder(path: string): void {
  try {
    if (!isThere(path)) {
      Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
      Deno.chmodSync(path, 0o700);
    }
    refuseUnsafeFolder(path, Deno.statSync(path), userId());
  } catch (error) {
    throw unavailable("use", path, error);
  }
}

/**
 * Checks a folder without making it, and gives its mode; `undefined` when there is none.
 *
 * @throws {AppError} as {@linkcode ensureFolder} does
 */
export function checkFolder(path: string): number | undefined {
  try {
    const state = Deno.statSync(path);
    refuseUnsafeFolder(path, state, userId());
    return state.mode ?? 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw unavailable("use", path, error);
  }
}

/**
 * Checks a file without opening it, and says whether there is one.
 *
 * @throws {AppError} as {@linkcode readGuarded} does
 */
export function checkFile(path: string, kind: FileKind): boolean {
  try {
    refuseUnsafe(path, stateOf(path, kind), kind, userId());
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw unavailable("read", path, error, kind);
  }
}

/**
 * Reads a file without following links, or gives `undefined` when there is none. It is checked before
 * opening and compared after, because O_NOFOLLOW has no effect under limited permissions: the runtime
 * resolves the link itself.
 *
 * @throws {AppError} `refused` for a link, another owner, a second hard link or open permissions;
 * `vault_unavailable` when it can't be read
 */
export function readGuarded(path: string, kind: FileKind = "own"): Uint8Array | undefined {
  try {
    const before = stateOf(path, kind);
    refuseUnsafe(path, before, kind, userId());
    const file = Deno.openSync(path, { read: true });
    try {
      const after = file.statSync();
      // Replaced in between, as every write does: look again.
      const replaced = after.dev !== before.dev || after.ino !== before.ino || after.nlink === 0;
      if (replaced) return readGuarded(path, kind);
      refuseUnsafe(path, after, kind, userId());
      return readAll(file);
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw unavailable("read", path, error, kind);
  }
}

/**
 * Replaces a file, or makes it, so that at any moment, also after a crash or a power cut, the path holds
 * the whole old or the whole new content: temporary file, fsync, rename, fsync of the folder, read back.
 * The caller holds the lock, so one temporary name serves and a dead writer's leftover is removed.
 *
 * @param mayReplace is asked just before the rename
 * @returns whether it was replaced
 * @throws {AppError} `vault_unavailable` when it can't be written: the old file is then untouched, unless it
 * was the last step that failed
 */
export function replaceDurably(path: string, content: Uint8Array, mayReplace = () => true): boolean {
  const temporary = path + ".new";
  try {
    removeIfThere(temporary);
    const file = Deno.openSync(temporary, { write: true, createNew: true, mode: PRIVATE });
    try {
      Deno.chmodSync(temporary, PRIVATE);
      for (let at = 0; at < content.length;) at += file.writeSync(content.subarray(at));
      file.syncSync();
      if (!isStill(file, temporary)) throw new Error("another program interfered");
    } finally {
      file.close();
    }
    if (!mayReplace()) {
      removeIfThere(temporary);
      return false;
    }
    Deno.renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    try {
      removeIfThere(temporary);
    } catch {
      // The first error says more.
    }
    throw unavailable("write", path, error);
  }
  const written = readGuarded(path);
  if (written === undefined || Buffer.compare(written, content) !== 0) {
    throw new AppError(
      "vault_unavailable",
      `Cannot write ${path}: what is there now is not what was written`,
      "check the disk and the file system",
    );
  }
  return true;
}

/**
 * Removes a file; nothing happens when there is none.
 *
 * @throws {AppError} `vault_unavailable` when it can't be removed
 */
export function remove(path: string): void {
  try {
    removeIfThere(path);
  } catch (error) {
    throw unavailable("remove", path, error);
  }
}

/** A text that changes whenever the file is replaced, edited or removed; cheap enough for every request. */
export function stampOf(path: string): string {
  try {
    const info = Deno.lstatSync(path);
    const times = `${info.mtime?.getTime()}.${info.ctime?.getTime()}`;
    return `${info.dev}.${info.ino}.${info.size}.${info.mode}.${info.uid}.${info.nlink}.${times}`;
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "absent" : "unreadable";
  }
}

/** Whether the path still leads to this very file. */
export function isStill(file: Deno.FsFile, path: string): boolean {
  const held = file.statSync();
  try {
    const there = Deno.lstatSync(path);
    return held.dev === there.dev && held.ino === there.ino;
  } catch {
    return false;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function stateOf(path: string, kind: FileKind): Deno.FileInfo {
  return kind === "named" ? Deno.statSync(path) : Deno.lstatSync(path);
}

function userId(): number {
  return Deno.uid() ?? -1;
}

function readAll(file: Deno.FsFile): Uint8Array {
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = new Uint8Array(65_536);
    const count = file.readSync(part);
    if (count === null) return Buffer.concat(parts);
    parts.push(part.subarray(0, count));
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function syncFolder(path: string): void {
  const folder = Deno.openSync(path, { read: true });
  try {
    folder.syncSync();
  } finally {
    folder.close();
  }
}
