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
  let screen = "";
  let closed = false;
  let changed = Promise.withResolvers<void>();
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of child.stdout) {
      screen += decoder.decode(bytes, { stream: true });
      changed.resolve();
      changed = Promise.withResolvers();
    }
    closed = true;
    changed.resolve();
  })();
  return {
    screen: () => screen,
    async shown(pattern) {
      for (;;) {
        const match = pattern.exec(screen);
        if (match !== null) return match;
        if (closed) throw new Error(`the command ended without showing ${pattern}: ${screen}`);
        await changed.promise;
      }
    },
    type: (text) => keyboard.write(new TextEncoder().encode(text)),
    async [Symbol.asyncDispose]() {
      await keyboard.close().catch(() => {});
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await Promise.all([reading, child.status]);
    },
  };
}
