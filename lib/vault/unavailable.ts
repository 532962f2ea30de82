import { dirname } from "node:path";
import { AppError } from "../errors.ts";
import { type FileKind, quote } from "./guard.ts";

/** Not a directory. This number and those below are the same on Linux and macOS. */
const ENOTDIR = 20;

/** What has one remedy, by the number of the operating system's error. */
const KNOWN: Readonly<Record<number, readonly [state: string, hint: (path: string) => string]>> = {
  13: ["the permissions do not allow it", (path) => `ls -ld ${quote(dirname(path))} ${quote(path)}`],
  28: ["the disk is full", (path) => `free some space on the disk of ${quote(dirname(path))}`],
  30: ["the file system is read-only", () => "set AGENTGAZER_HOME to a folder elsewhere"],
};

/** Our own errors pass; the operating system's become one line with the path, the reason and what helps. */
export function unavailable(
  verb: string,
  path: string,
  error: unknown,
  kind: FileKind = "own",
): AppError {
  if (error instanceof AppError) return error;
  const folder = dirname(path);
  const [reason, number] = reasonOf(error);
  if (number === ENOTDIR) {
    const hint = kind === "named" ? `ls -ld ${quote(folder)}` : "set AGENTGAZER_HOME to a folder";
    return new AppError("vault_unavailable", `Cannot use ${folder}: it is not a folder`, hint);
  }
  const [state, hint] = KNOWN[number] ??
    [reason, () => `check ${quote(folder)}: permissions, free space, read-only file system`];
  return new AppError("vault_unavailable", `Cannot ${verb} ${path}: ${state}`, hint(path));
}

function reasonOf(error: unknown): [reason: string, number: number] {
  if (!(error instanceof Error)) return ["unknown reason", 0];
  if (error.name === "NotCapable") return ["the program may not use such a path", 0];
  const [, reason = error.message, number = 0] = /^(.*?) \(os error (\d+)\)/s.exec(error.message) ?? [];
  return [reason.charAt(0).toLowerCase() + reason.slice(1), Number(number)];
}
