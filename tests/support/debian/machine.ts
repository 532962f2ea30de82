import { join } from "node:path";
import { temporaryFolder } from "../temporary_folder.ts";
import { BASE } from "./base.ts";
import { bootFolder } from "./nspawn.ts";

/** What a program left. */
export interface Left {
  readonly code: number;
  readonly stdout: string;
  /** stdout, and behind it stderr. */
  readonly output: string;
}

/** A Debian system that has booted, in a folder. It has the network of the tests. */
export interface Machine extends AsyncDisposable {
  /** Its root folder, as seen from here. */
  at(...path: readonly string[]): string;
  /** Runs a shell script as root. */
  root(script: string): Promise<Left>;
  /** Runs a shell script as the user ada, in her session. */
  ada(script: string, stdin?: string): Promise<Left>;
  /** The same, and gives what it wrote to stdout. @throws {Error} with its output when it fails */
  adaGets(script: string, stdin?: string): Promise<string>;
}

const UID = 1000;

/** A session as PAM sets it up for her. */
const SESSION = {
  HOME: "/home/ada",
  USER: "ada",
  LOGNAME: "ada",
  PATH: "/usr/local/bin:/usr/bin:/bin",
  XDG_RUNTIME_DIR: `/run/user/${UID}`,
  DBUS_SESSION_BUS_ADDRESS: `unix:path=/run/user/${UID}/bus`,
};

const AS_ADA = [
  "setpriv",
  `--reuid=${UID}`,
  `--regid=${UID}`,
  "--init-groups",
  "env",
  "-i",
  ...Object.entries(SESSION).map(([name, value]) => `${name}=${value}`),
];

/**
 * Boots a copy of the base, in which ada's services run without her being logged in.
 *
 * @param deadline how long the boot may take, in milliseconds
 */
export async function boot(deadline = 120_000): Promise<Machine> {
  await using made = new AsyncDisposableStack();
  const root = made.use(temporaryFolder()).at("root");
  await must("cp", ["-a", "--reflink=auto", BASE, root]);
  await must("chroot", [root, "useradd", "--create-home", "--shell", "/bin/bash", "ada"]);
  await Deno.mkdir(join(root, "var/lib/systemd/linger"), { recursive: true });
  await Deno.writeTextFile(join(root, "var/lib/systemd/linger/ada"), "");
  const { init } = made.use(await bootFolder(root, deadline));

  async function run(before: readonly string[], script: string, stdin = ""): Promise<Left> {
    const child = new Deno.Command("nsenter", {
      args: ["-t", String(init), "-a", ...before, "sh", "-c", script],
      clearEnv: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DEBIAN_FRONTEND: "noninteractive" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    const text = new TextDecoder().decode(stdout);
    return { code, stdout: text, output: text + new TextDecoder().decode(stderr) };
  }

  const parts = made.move();
  const machine: Machine = {
    at: (...path) => join(root, ...path),
    root: (script) => run([], script),
    ada: (script, stdin) => run(AS_ADA, script, stdin),
    async adaGets(script, stdin) {
      const left = await machine.ada(script, stdin);
      if (left.code !== 0) throw new Error(`${script}\nended with ${left.code}:\n${left.output}`);
      return left.stdout;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
  return machine;
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}
