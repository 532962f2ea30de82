import { Buffer } from "node:buffer";
import type { Security } from "./fixture.ts";

/** What a finished start left. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the executable as the program does, without an environment. */
export function startTool(security: Security, args: readonly string[]): Deno.ChildProcess {
  const piped = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(security.path, { args: [...args], clearEnv: true, ...piped }).spawn();
}

/** Runs the executable to its end. */
export async function runTool(
  security: Security,
  args: readonly string[],
  stdin: string | Uint8Array = "",
): Promise<Run> {
  const child = startTool(security, args);
  const writer = child.stdin.getWriter();
  // It may end before it has read everything.
  await writer.write(Buffer.from(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return { code, stdout: Buffer.from(stdout).toString(), stderr: Buffer.from(stderr).toString() };
}

/** Starts what opens a dialog, and kills it when the dialog is open. Its output is still to be read. */
export async function killInDialog(
  security: Security,
  args: readonly string[],
  stdin = "",
): Promise<Deno.ChildProcess> {
  const child = startTool(security, args);
  const writer = child.stdin.getWriter();
  await writer.write(Buffer.from(stdin));
  await dialogOf(security, child);
  child.kill("SIGKILL");
  const { signal } = await child.status;
  if (signal !== "SIGKILL") throw new Error("It had ended by itself");
  await writer.abort().catch(() => {});
  return child;
}

/** How long a dialog may take to open, in milliseconds. */
const LIMIT = 20_000;

/** Resolves when the only process of a stand-in has opened its first dialog. */
async function dialogOf(security: Security, child: Deno.ChildProcess): Promise<void> {
  let ended = false;
  child.status.then(() => ended = true);
  const end = performance.now() + LIMIT;
  while (security.dialogs() === 0) {
    if (ended || performance.now() > end) throw new Error(`It ${ended ? "ended" : "hangs"} without a dialog`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
