import { fileURLToPath } from "node:url";
import { startHelper } from "./helper.ts";

/** What is done with a password prompt: it stays open, is dismissed, or gets the password. */
export type PromptMode = "silent" | "declines" | "answers";

/** What shows a keyring's password prompts in place of a desktop. Without one they fail at once. */
export interface Prompter extends AsyncDisposable {
  /** Resolves when so many prompts were shown. */
  shown(count?: number): Promise<void>;
  /** How many prompts were begun so far. */
  prompts(): Promise<number>;
  /** Types the password in the prompts that were shown and are still open. */
  answer(): Promise<void>;
  /** Dismisses them. */
  decline(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL("prompter.py", import.meta.url));

/** Starts a prompter, which works when this resolves. `answers` needs `openssl`. */
export async function startPrompter(
  mode: PromptMode,
  password: string,
  env: Readonly<Record<string, string>>,
): Promise<Prompter> {
  const helper = await startHelper("/usr/bin/python3", [SCRIPT, mode, password], { env });
  try {
    await helper.stdout.matches(/^ready\n/);
  } catch {
    throw new Error(`Cannot start a prompter: ${helper.stderr.text()}`);
  }
  let counts = 0;
  return {
    async shown(count = 1) {
      await helper.stdout.matches(new RegExp(`(?:^shown\\n[^]*?){${count}}`, "m"));
    },
    async prompts() {
      const request = `count ${++counts}`;
      await helper.tell(`${request}\n`);
      return Number((await helper.stdout.matches(new RegExp(`^${request}: (\\d+)\\n`, "m")))[1]);
    },
    answer: () => helper.tell("answer\n"),
    decline: () => helper.tell("decline\n"),
    [Symbol.asyncDispose]: () => helper[Symbol.asyncDispose](),
  };
}
