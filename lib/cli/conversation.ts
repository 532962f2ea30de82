import { renderUnicodeCompact } from "uqr";
import { AppError } from "../errors.ts";
import type { Conversation, Wait } from "../oauth/service.ts";
import type { System } from "../system.ts";
import { readLines } from "./prompt.ts";
import { interrupted } from "./until_stopped.ts";
import { showWaiting, type Waiting } from "./waiting.ts";

/** A conversation at a terminal. */
export interface TerminalConversation extends Conversation {
  /** Shows no longer what is waited for, so that others can write there. */
  stopShowing(): Promise<void>;
}

/** Talks with the person at the terminal. @param browser whether pages may be opened */
export function makeConversation(system: System, browser: boolean): TerminalConversation {
  const { terminal, env } = system;
  let screen: Waiting | undefined;
  const say = (text: string) => screen === undefined ? terminal.err(text + "\n") : screen.note(text);
  return {
    say,
    async open(url) {
      if (!browser || await system.openBrowser(url)) return;
      const remote = env("SSH_CONNECTION") === undefined ? "" : ", on any machine";
      await say(`(No browser could be opened here: open the page yourself${remote}.)`);
    },
    async showPicture(url) {
      if (!terminal.stderr.isTerminal) return;
      const picture = renderUnicodeCompact(url);
      const width = picture.indexOf("\n");
      if ((terminal.columns() ?? 0) >= width) await say(picture);
    },
    async stopShowing() {
      await screen?.close();
      screen = undefined;
    },
    async attend(wait, work) {
      const stopped = Promise.withResolvers<never>();
      stopped.promise.catch(() => {});
      const stop = () => stopped.reject(interrupted());
      const forget = system.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], stop);
      try {
        screen = await showWaiting(system, wait.what, wait.until);
        return await race(system, wait, work, screen, stopped);
      } finally {
        forget();
        await screen?.close();
        screen = undefined;
      }
    },
  };
}

/** The work, or what ends the waiting before. */
async function race<T>(
  system: System,
  { until, onLine }: Wait,
  work: (signal: AbortSignal) => Promise<T>,
  screen: Waiting,
  stopped: PromiseWithResolvers<never>,
): Promise<T> {
  const over = new AbortController();
  const raw = onLine !== undefined && system.terminal.stdin.isTerminal;
  try {
    if (raw) system.terminal.setRaw(true);
    if (onLine !== undefined) {
      readLines(system.terminal, async (line) => {
        const complaint = over.signal.aborted ? undefined : onLine(line);
        if (complaint !== undefined) await screen.note(`agentgazer: ${complaint}`);
      }).catch(stopped.reject);
    }
    const late = system.sleep(until - system.now()).then(() => {
      throw new AppError("login_failed", "Cannot log in: nobody finished it in time", "try again");
    });
    return await Promise.race([work(over.signal), stopped.promise, late]);
  } finally {
    over.abort();
    if (raw) system.terminal.setRaw(false);
  }
}
