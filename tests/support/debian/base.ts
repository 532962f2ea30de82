import { join } from "node:path";

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
export async function makeBase(): Promise<void> {
  if (await Deno.stat(BASE).then(() => true, () => false)) return;
  const unfinished = `${BASE}.${Deno.pid}`;
  await Deno.mkdir(join(BASE, ".."), { recursive: true });
  const command = new Deno.Command("debootstrap", {
    args: ["--variant=minbase", `--include=${PACKAGES.join(",")}`, "bookworm", unfinished],
    stdout: "null",
  });
  const { success } = await command.spawn().status;
  if (!success) throw new Error("debootstrap could not make a Debian system");
  // Each machine gets an id of its own when it starts.
  await Deno.writeTextFile(join(unfinished, "etc", "machine-id"), "");
  await Deno.rename(unfinished, BASE);
}
