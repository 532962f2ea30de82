import { dirname, join } from "node:path";

/** What a Debian server has beside the smallest system. */
const PACKAGES = [
  "ca-certificates",
  "curl",
  "dbus",
  "dbus-user-session",
  "libpam-systemd",
  "systemd",
  "systemd-sysv",
];

/** A clean Debian system as a folder, which tests copy. It is made once on a machine, since that takes a minute. */
export const BASE = "/var/cache/agentgazer-tests/debian-12";

/** Makes it, unless it is there. @throws {Error} without debootstrap, root or a mirror */
export async function makeBase(base = BASE): Promise<void> {
  if (await isThere(base)) return;
  const unfinished = `${base}.${Deno.pid}`;
  await Deno.mkdir(dirname(base), { recursive: true });
  try {
    await debootstrap(unfinished);
    // Each machine gets an id of its own when it starts.
    await Deno.writeTextFile(join(unfinished, "etc", "machine-id"), "");
    await Deno.rename(unfinished, base);
  } catch (error) {
    // What is mounted in it, such as /proc, is not its own.
    await new Deno.Command("rm", { args: ["-rf", "--one-file-system", unfinished] }).output();
    // Somebody else may have made it meanwhile.
    if (!await isThere(base)) throw error;
  }
}

async function debootstrap(folder: string): Promise<void> {
  const command = new Deno.Command("debootstrap", {
    args: ["--variant=minbase", `--include=${PACKAGES.join(",")}`, "bookworm", folder],
    stdout: "null",
  });
  const { success } = await command.spawn().status;
  if (!success) throw new Error("debootstrap could not make a Debian system");
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
