import { AppError } from "../errors.ts";

/** No chown: a key that is bound to a user would not open for another one. */
const OWN_FOLDER = "run it as that user, or set AGENTGAZER_HOME to a folder of your own";

/** What is checked of a file before its content is trusted; as `Deno.lstat` gives it. */
export type FileState = Pick<Deno.FileInfo, "isFile" | "isSymlink" | "mode" | "nlink" | "uid">;

/**
 * Whose file it may be: one of the program's own; `config.json`, which others may read; or one that only has to
 * be safe from others' changes, such as the key file that `AGENTGAZER_MACHINE_KEY_FILE` names: it may be a
 * link, belong to root and be readable by others (a mounted secret is).
 */
export type FileKind = "own" | "settings" | "named";

/**
 * Refuses a file that someone else could have put there, could read or could change.
 *
 * @param me the user id of this process
 * @throws {AppError} `refused`, with the command that mends it
 */
export function refuseUnsafe(path: string, state: FileState, kind: FileKind, me: number): void {
  const problem = problemOf(path, state, kind, me);
  if (problem === undefined) return;
  throw new AppError("refused", `Cannot use ${path}: ${problem.state}`, problem.mend);
}

/** The same for the folder of the vault: only writing by others matters, its files are private. */
export function refuseUnsafeFolder(
  path: string,
  state: Pick<Deno.FileInfo, "isDirectory" | "mode" | "uid">,
  me: number,
): void {
  if (!state.isDirectory) {
    throw new AppError(
      "refused",
      `Cannot use ${path}: it is not a folder`,
      "move it away, or set AGENTGAZER_HOME to a folder",
    );
  }
  if (state.uid !== me) {
    throw new AppError(
      "refused",
      `Cannot use ${path}: ${ownedBy(state.uid)}`,
      OWN_FOLDER,
    );
  }
  if (((state.mode ?? 0) & 0o022) !== 0) {
    throw new AppError(
      "refused",
      `Cannot use ${path}: others may write to it`,
      `chmod go-w ${quote(path)}`,
    );
  }
}

/** A path as one word of a shell command, for hints. */
export function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function problemOf(path: string, state: FileState, kind: FileKind, me: number) {
  const name = quote(path);
  const mode = state.mode ?? 0;
  if (state.isSymlink) {
    return { state: "it is a link", mend: ownCopy(name) };
  }
  if (!state.isFile) return { state: "it is not a file", mend: `ls -ld ${name}` };
  if (state.uid !== me && !(kind === "named" && state.uid === 0)) {
    const mend = kind === "named" ? "run it as that user, or name a file of your own" : OWN_FOLDER;
    return { state: ownedBy(state.uid), mend };
  }
  if (kind === "named") return (mode & 0o022) === 0 ? undefined : writable(name);
  if (state.nlink !== 1) {
    return { state: "it has a second hard link", mend: ownCopy(name) };
  }
  if (kind === "settings") return (mode & 0o022) === 0 ? undefined : writable(name);
  if ((mode & 0o077) !== 0) return { state: "others may open it", mend: `chmod 600 ${name}` };
  return undefined;
}

function writable(name: string) {
  return { state: "others may write to it", mend: `chmod go-w ${name}` };
}

/** Puts a file of its own in the place of a link. */
function ownCopy(name: string): string {
  return `(umask 077 && cp ${name} ${name}.copy && mv ${name}.copy ${name})`;
}

function ownedBy(uid: number | null): string {
  return `it belongs to another user (${uid === 0 ? "root" : `id ${uid}`})`;
}
