import { join } from "node:path";
import { writeProgram } from "./write_program.ts";

/** How a program that opened a page was started. */
export interface Opened {
  /** The name of the program. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where its stdin, stdout and stderr lead. */
  readonly streams: readonly string[];
  readonly pid: number;
  /** Whether a Ctrl-C on its terminal would reach it. */
  readonly isDetached: boolean;
}

/** Programs that stand in for those that open pages. */
export interface Openers extends Disposable {
  /** To be put before the program that starts them: it then sees them where they are on a real machine. */
  readonly wrapper: readonly string[];
  /** Those that were started, in order. */
  opened(): Opened[];
}

/** What a stand-in does after it has written how it was started. */
export type Behaviour = "works" | "fails" | "hangs";

/** Hides the machine's own xdg-open, and shows a folder in place of two others. Needs a mount namespace. */
const MOUNT = `set -e
for own in /usr/bin/xdg-open /usr/bin/wslview; do
  [ ! -e $own ] || mount --bind /dev/null $own
done
mount --bind "$0/local" /usr/local/bin
mount --bind "$0/mnt" /mnt
exec "$@"`;

/** Writes what the kernel says of the process, so that the shell's own variables are not in it. */
function script(record: string, behaviour: Behaviour): string {
  const end = { works: "exit 0", fails: "exit 4", hangs: "exec sleep 600" }[behaviour];
  return `#!/bin/sh
into=$(mktemp -d "${record}/XXXXXX")
read -r pid name state parent group rest < /proc/$$/stat
streams=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2)
printf '%s\\0' "$0" "$pid" "$group" "$streams" > "$into/process"
cat /proc/$$/environ > "$into/env"
printf '%s\\0' "$@" > "$into/args"
date +%s%N > "$into/at"
${end}
`;
}

/** Where rundll32.exe is seen on WSL. */
const SYSTEM32 = "c/Windows/System32";

/** Makes stand-ins for `xdg-open`, `wslview` and `rundll32.exe`; those that are not named are missing. */
export function fakeOpeners(folder: string, behaviours: Readonly<Record<string, Behaviour>>): Openers {
  const root = Deno.makeTempDirSync({ dir: folder, prefix: "openers-" });
  const record = join(root, "record");
  for (const path of ["local", `mnt/${SYSTEM32}`, "record"]) {
    Deno.mkdirSync(join(root, path), { recursive: true });
  }
  for (const [name, behaviour] of Object.entries(behaviours)) {
    const place = name.endsWith(".exe") ? `mnt/${SYSTEM32}` : "local";
    writeProgram(join(root, place, name), script(record, behaviour));
  }
  const opened = () => {
    const folders = [...Deno.readDirSync(record)].map(({ name }) => join(record, name));
    const at = (path: string) => BigInt(Deno.readTextFileSync(join(path, "at")).trim());
    return folders.sort((one, other) => Number(at(one) - at(other))).map(read);
  };
  return {
    wrapper: ["sh", "-c", MOUNT, root],
    opened,
    [Symbol.dispose]() {
      for (const { pid } of opened()) {
        try {
          Deno.kill(pid, "SIGKILL");
        } catch {
          // It has ended.
        }
      }
    },
  };
}

function read(path: string): Opened {
  const [process, env, args] = ["process", "env", "args"].map((name) =>
    Deno.readTextFileSync(join(path, name)).split("\0").slice(0, -1)
  );
  const [program, pid, group, streams] = process!;
  return {
    program: program!.split("/").at(-1)!,
    args: args!,
    env: Object.fromEntries(env!.map((one) => [one.split("=")[0]!, one.slice(one.indexOf("=") + 1)])),
    streams: streams!.split("\n"),
    pid: Number(pid),
    isDetached: pid === group,
  };
}
