import type { System } from "../lib/system.ts";
import { isRemote } from "./asking.ts";
import { runCommand } from "./command.ts";

/** In milliseconds. */
const DEADLINE = 3000;

/** The programs that know of the session. */
export const SESSION_PROGRAMS = { launchctl: "/bin/launchctl", pgrep: "/usr/bin/pgrep" } as const;

/**
 * Whether this is a graphical session of macOS: not over SSH, whose processes get no dialogs even while somebody
 * sits at the screen; started below launchd's session of a person, which is called Aqua; and with a WindowServer.
 */
export async function isGraphicalSession(
  env: System["env"],
  programs: Readonly<Record<keyof typeof SESSION_PROGRAMS, string>> = SESSION_PROGRAMS,
): Promise<boolean> {
  if (isRemote(env)) return false;
  const manager = await runCommand(programs.launchctl, ["managername"], { deadline: DEADLINE });
  if (manager.state !== "ended" || manager.stdout.trim() !== "Aqua") return false;
  const server = await runCommand(programs.pgrep, ["-x", "WindowServer"], { deadline: DEADLINE });
  return server.state === "ended" && server.code === 0;
}
