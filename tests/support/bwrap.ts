import { dirname } from "node:path";
import { EXECUTABLE } from "./needs.ts";
import type { RunOptions } from "./program.ts";
import { recipe } from "./recipe.ts";
import { as, type Yard } from "./sandbox.ts";

/** The script of docs/sandboxes.md. */
export const RECIPE = recipe("bwrap");

/** Runs the recipe with this home folder, and with the authority of the stand-in providers let in. */
export function inSandbox({ providers }: Yard, home: string, script: string, user: number): RunOptions {
  const authority = `--ro-bind '${providers.authority}' /ca.pem --setenv DENO_CERT /ca.pem`;
  const path = `${dirname(EXECUTABLE)}:/usr/bin:/bin`;
  return {
    wrapper: [...as(user), "sh", "-c", script.replace("--remount-ro /", `${authority} --remount-ro /`)],
    env: { HOME: home, PATH: path },
    program: "agentgazer-bwrap",
  };
}
