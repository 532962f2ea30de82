import type { System } from "../system.ts";

const FRAMES = ["-", "\\", "|", "/"];

/** How long a frame stands, in milliseconds. */
const FRAME_TIME = 120;

/** What is shown while a command waits. */
export interface Waiting {
  /** Shows a line that stays. */
  note(text: string): Promise<void>;
  /** Removes what is not to stay. */
  close(): Promise<void>;
}

/**
 * Shows what is waited for: with a spinner and the time left on a terminal, else once.
 *
 * @param until in milliseconds since 1970 began
 */
export async function showWaiting(
  { terminal, env, now, sleep }: System,
  what: string,
  until: number,
): Promise<Waiting> {
  if (!terminal.stderr.isTerminal || env("TERM") === "dumb") {
    await terminal.err(`waiting for ${what} (${timeLeft(until - now())} left)\n`);
    return { note: (text) => terminal.err(text + "\n"), close: () => Promise.resolve() };
  }
  let isOpen = true;
  async function spin(): Promise<void> {
    for (let frame = 0; isOpen; frame++) {
      const line = `${FRAMES[frame % FRAMES.length]} ${timeLeft(until - now())} left, waiting for ${what}`;
      await terminal.err(`\r\x1b[2K${line.slice(0, (terminal.columns() || 80) - 1)}`);
      await sleep(FRAME_TIME);
    }
  }
  spin();
  return {
    note: (text) => terminal.err(`\r\x1b[2K${text}\n`),
    async close() {
      isOpen = false;
      await terminal.err("\r\x1b[2K");
    },
  };
}

function timeLeft(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
