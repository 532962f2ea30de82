import { join } from "node:path";
import { capture } from "./capture.ts";
import { EXECUTABLE, has } from "./needs.ts";
import { traced } from "./traced.ts";
import { transcribe } from "./transcript.ts";
import { makeWatch, type Watch } from "./watch.ts";

/** What a finished run left. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the executable is run. */
export interface RunOptions {
  readonly stdin?: string;
  /** Added to an otherwise empty environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Put before the executable, such as `strace …`. */
  readonly wrapper?: readonly string[];
  /** Run in place of the executable. */
  readonly program?: string;
}

/** A running proxy. */
export interface Proxy extends AsyncDisposable {
  /** Such as `http://127.0.0.1:34567`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** What it has written to stderr so far. */
  log(): string;
  /** Resolves when its log matches. */
  logged(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a signal and gives the exit code. */
  stop(signal?: Deno.Signal): Promise<number>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
}

/** A command that runs and can be talked to. */
export interface Running extends AsyncDisposable {
  /** What it has written to stderr so far. */
  screen(): string;
  /** Resolves when what it wrote to stderr matches. */
  shown(pattern: RegExp): Promise<RegExpExecArray>;
  /** Writes to its stdin, which stays open. */
  type(text: string): Promise<void>;
  /** Sends a signal to it. */
  kill(signal: Deno.Signal): void;
  readonly ended: Promise<Run>;
}

/** A home folder of its own in which the executable runs. */
export interface Box extends AsyncDisposable {
  readonly folder: string;
  /** `AGENTGAZER_HOME`. */
  readonly home: string;
  /** Searches all of it at the end. */
  readonly watch: Watch;
  run(args: readonly string[], options?: RunOptions): Promise<Run>;
  /** Starts a command without waiting for its end. */
  spawn(args: readonly string[], options?: Omit<RunOptions, "stdin">): Running;
  start(args?: readonly string[], options?: RunOptions): Promise<Proxy>;
}

/** The providers that the executable reaches in place of the real ones. */
export interface Outside {
  readonly hostsFile: string;
  readonly authority: string;
}

/** Makes a box. With `outside`, every provider's host name leads to that server. */
export async function makeBox(outside?: Outside, folder?: string): Promise<Box> {
  const own = folder ?? await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  const home = join(own, "home", ".agentgazer");
  await Deno.mkdir(join(own, "home"), { recursive: true });
  const watch = makeWatch(own, home);
  const proxies: Promise<unknown>[] = [];
  const traces: [what: string, path: string][] = [];

  /** Without variables of a session the program starts no other one, so that there is nothing to trace. */
  function watched(args: readonly string[], options: RunOptions): RunOptions {
    if (options.env === undefined || options.wrapper !== undefined || !has("strace")) return options;
    const path = Deno.makeTempFileSync({ prefix: "agentgazer-trace-" });
    traces.push([args.join(" "), path]);
    return { ...options, wrapper: traced(path, "programs") };
  }

  function command(
    args: readonly string[],
    { env, wrapper, program = EXECUTABLE }: RunOptions,
  ): Deno.Command {
    const line = [...wrapper ?? [], program, ...args];
    const inside = outside === undefined ? line : [
      "unshare",
      "-m",
      "sh",
      "-c",
      'mount --bind "$0" /etc/hosts && exec "$@"',
      outside.hostsFile,
      ...line,
    ];
    return new Deno.Command(inside[0]!, {
      args: inside.slice(1),
      cwd: own,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
        HOME: join(own, "home"),
        TMPDIR: own,
        ...outside && { DENO_CERT: outside.authority },
        ...env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
  }

  return {
    folder: own,
    home,
    watch,
    async run(args, options = {}) {
      const { stdin } = options;
      if (stdin !== undefined) watch.secrets.push(() => stdin.split("\n"));
      const child = command(args, watched(args, options)).spawn();
      const writer = child.stdin.getWriter();
      // A program that does not read its stdin may be gone already.
      await writer.write(new TextEncoder().encode(options.stdin ?? "")).catch(() => {});
      await writer.close().catch(() => {});
      const { code, stdout, stderr } = await child.output();
      const run = { code, stdout: text(stdout), stderr: text(stderr) };
      watch.saw(`the output of ${args.join(" ")}`, run.stdout + run.stderr);
      return run;
    },
    spawn(args, options = {}) {
      const child = command(args, options).spawn();
      const keyboard = child.stdin.getWriter();
      const err = transcribe(child.stderr);
      const out = transcribe(child.stdout);
      const ended = child.status.then(async ({ code }) => {
        await Promise.all([err.ended, out.ended]);
        watch.saw(`the output of ${args.join(" ")}`, out.text() + err.text());
        return { code, stdout: out.text(), stderr: err.text() };
      });
      const kill = (signal: Deno.Signal) => {
        try {
          child.kill(signal);
        } catch {
          // It has ended by itself.
        }
      };
      return {
        screen: err.text,
        shown: err.matches,
        type: (text) => keyboard.write(new TextEncoder().encode(text)),
        kill,
        ended,
        async [Symbol.asyncDispose]() {
          kill("SIGKILL");
          await ended;
        },
      };
    },
    async start(args = [], options = {}) {
      const child = command(["start", "--port", "0", ...args], watched(["start"], options)).spawn();
      await child.stdin.close();
      const proxy = await follow(child, home);
      const answers = await capture(proxy.port);
      proxies.push(proxy.ended.then(async () => {
        watch.saw("the log", proxy.log());
        if (answers !== undefined) watch.saw("an answer", await answers.end());
      }));
      return proxy;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(proxies);
      for (const [what, path] of traces) {
        const [, ...others] = (await Deno.readTextFile(path)).split("\n").filter((line) =>
          line.includes("execve(")
        );
        watch.saw(`what ${what} starts`, others.join("\n"));
        await Deno.remove(path);
      }
      try {
        await watch.check();
      } finally {
        await Deno.remove(own, { recursive: true });
      }
    },
  };
}

async function follow(child: Deno.ChildProcess, home: string): Promise<Proxy> {
  const log = transcribe(child.stderr);
  const draining = child.stdout.cancel();
  const ended = child.status.then(async ({ code }) => {
    await Promise.all([log.ended, draining]);
    return code;
  });

  const listens = /listens on (https?:[\w.:[\]/]+\d)\b.*\n/;
  const url = (await log.matches(listens))[1]!;
  const pid = await pidOf(home, url) ?? child.pid;
  async function stop(signal: Deno.Signal = "SIGTERM"): Promise<number> {
    try {
      Deno.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
    return await ended;
  }
  return {
    url,
    port: Number(new URL(url).port),
    pid,
    log: log.text,
    logged: log.matches,
    stop,
    ended,
    async [Symbol.asyncDispose]() {
      await stop("SIGKILL");
    },
  };
}

/** A wrapper's process id is not the proxy's, which is in a file, unless that is of another one or could not be written. */
async function pidOf(home: string, url: string): Promise<number | undefined> {
  try {
    const there = JSON.parse(await Deno.readTextFile(join(home, "proxy.json")));
    return there.url === url ? there.pid : undefined;
  } catch {
    return undefined;
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
