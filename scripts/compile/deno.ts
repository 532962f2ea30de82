import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Runs the Deno that runs this, in the project's folder. @throws {Error} when it fails */
export async function runDeno(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).spawn().status;
  if (!success) throw new Error(`deno ${args.join(" ")} failed`);
}
