import { ROOT } from "./deno.ts";

/**
 * The time that goes into what is built, in seconds since 1970 began: `SOURCE_DATE_EPOCH`
 * (https://reproducible-builds.org/specs/source-date-epoch/), else that of the last commit, else 0.
 *
 * @throws {Error} when the variable is no number
 */
export async function commitTime(): Promise<number> {
  const given = Deno.env.get("SOURCE_DATE_EPOCH");
  if (given !== undefined) {
    if (!/^\d{1,12}$/.test(given)) throw new Error("SOURCE_DATE_EPOCH is no number of seconds");
    return Number(given);
  }
  const git = new Deno.Command("git", { args: ["log", "-1", "--format=%ct"], cwd: ROOT, stderr: "null" });
  const output = await git.output().catch(() => undefined);
  return Number(output?.success ? new TextDecoder().decode(output.stdout) : 0);
}
