import { onBus } from "./bus.ts";
import { type Helper, startHelper } from "./helper.ts";

/** What a provider has once it serves: an open keyring, a locked one, or none yet. */
export type Content = "open" | "locked" | "none";

/** The gnome-keyring-daemon of a session. */
export interface Provider {
  /** Starts it. With a password it makes the keyring, or opens it. It serves when this resolves. */
  start(content: Content, password?: string): Promise<void>;
  /** Kills it, if it runs. */
  end(): Promise<void>;
  /** Stops it. It does nothing more when this resolves. */
  pause(): Promise<void>;
  /** Lets it go on. */
  resume(): void;
}

/** Makes a provider that does not run yet and ends with its session. */
export function makeProvider(
  env: Readonly<Record<string, string>>,
  session: AsyncDisposableStack,
): Provider {
  let daemon: Helper | undefined;

  async function end(): Promise<void> {
    await daemon?.[Symbol.asyncDispose]();
    daemon = undefined;
  }
  session.defer(end);

  return {
    async start(content, password) {
      const args = ["--foreground", "--components=secrets", ...password === undefined ? [] : ["--unlock"]];
      daemon = await startHelper("gnome-keyring-daemon", args, { env, stdin: password ?? "" });
      const found = await contentOf(daemon, env);
      if (found !== content) throw new Error(`the keyring is ${found}, not ${content}`);
    },
    end,
    async pause() {
      const pid = pidOf(daemon);
      Deno.kill(pid, "SIGSTOP");
      // The kernel tells nobody but its parent's waitpid(2), which is not ours to call.
      while (!/\) T /.test(await Deno.readTextFile(`/proc/${pid}/stat`)));
    },
    resume: () => Deno.kill(pidOf(daemon), "SIGCONT"),
  };
}

function pidOf(daemon: Helper | undefined): number {
  if (daemon === undefined) throw new Error("there is no provider");
  return daemon.pid;
}

async function contentOf(daemon: Helper, env: Readonly<Record<string, string>>): Promise<string> {
  const died = daemon.ended.then(() => {
    throw new Error(`Cannot start gnome-keyring-daemon: ${daemon.stderr.text()}`);
  });
  return (await Promise.race([onBus(env, "ready"), died])).trim();
}
