import { transcribe } from "./transcript.ts";

/** A command line that runs on a terminal of its own. */
export interface Pty extends AsyncDisposable {
  /** All that was shown so far. */
  screen(): string;
  /** Resolves when what was shown matches. */
  shown(pattern: RegExp): Promise<RegExpExecArray>;
  /** Types, or pastes. */
  type(text: string): Promise<void>;
}

/** Runs a line of sh on a pseudo-terminal (script(1) of util-linux). */
export function startPty(line: string, env: Readonly<Record<string, string>>): Pty {
  const child = new Deno.Command("script", {
    args: ["-qec", line, "/dev/null"],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", TERM: "xterm", SHELL: "/bin/sh", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keyboard = child.stdin.getWriter();
  const output = transcribe(child.stdout);
  return {
    screen: output.text,
    shown: output.matches,
    type: (text) => keyboard.write(new TextEncoder().encode(text)),
    async [Symbol.asyncDispose]() {
      await keyboard.close().catch(() => {});
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await Promise.all([output.ended, child.status]);
    },
  };
}
