import { join } from "node:path";
import { ROOT } from "./deno.ts";

/**
 * The time that goes into what is built, in seconds since 1970 began: `SOURCE_DATE_EPOCH`
 * (https://reproducible-builds.org/specs/source-date-epoch/), else that of the last commit, else 0 where the sources
 * are no repository.
 *
 * @throws {Error} when the variable is no number, or git does not say the time
 */
export async function commitTime(root = ROOT): Promise<number> {
  const given = Deno.env.get("SOURCE_DATE_EPOCH");
  if (given !== undefined) {
    if (!/^\d{1,12}$/.test(given)) throw new Error("SOURCE_DATE_EPOCH is no number of seconds");
    return Number(given);
  }
  // In a worktree it is a file.
  const isRepository = await Deno.lstat(join(root, ".git")).then(() => true, () => false);
  if (!isRepository) return 0;
  try {
    return await lastCommit(root);
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new Error(
      `git does not say when the last commit was: ${reason}\nmend that, or set SOURCE_DATE_EPOCH`,
    );
  }
}

async function lastCommit(root: string): Promise<number> {
  const git = new Deno.Command("git", { args: ["log", "-1", "--format=%ct"], cwd: root });
  const { success, stdout, stderr } = await git.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
  return Number(new TextDecoder().decode(stdout));
}
