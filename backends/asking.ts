import type { System } from "../lib/system.ts";

/** How long a child may take that waits for nobody, in milliseconds. */
const SILENT_DEADLINE = 3000;

/** How long the user has to answer a prompt of the keystore, in milliseconds. */
const ATTENDED_DEADLINE = 120_000;

/** Whether a keystore may ask the user, and for how long it is waited for. */
export interface Asking {
  readonly attended: boolean;
  /** For a step that may wait for the user, in milliseconds. */
  readonly deadline: number;
  /** For a step that never does, in milliseconds. */
  readonly silentDeadline: number;
  /** Tells the user what is being waited for. */
  readonly tell: (message: string) => void;
}

/** Never lets a keystore ask. */
export const SILENT: Asking = {
  attended: false,
  deadline: SILENT_DEADLINE,
  silentDeadline: SILENT_DEADLINE,
  tell: () => {},
};

/**
 * Lets a keystore ask when somebody can see its dialog: a terminal is there to be told, it is no CI run, and
 * the session is graphical or at least not a remote one.
 */
export function askingFor({ env, terminal }: Pick<System, "env" | "terminal">): Asking {
  const graphical = env("DISPLAY") !== undefined || env("WAYLAND_DISPLAY") !== undefined;
  const attended = terminal.stderr.isTerminal && env("CI") === undefined && (graphical || !isRemote(env));
  if (!attended) return SILENT;
  return {
    attended,
    deadline: ATTENDED_DEADLINE,
    silentDeadline: SILENT_DEADLINE,
    tell: (message) => void terminal.err(`agentgazer: ${message}\n`),
  };
}

/** Whether this is a session over SSH. */
export function isRemote(env: System["env"]): boolean {
  return ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].some((name) => env(name) !== undefined);
}
