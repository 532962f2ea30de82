import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Helper, startHelper } from "./helper.ts";

const SCRIPT = fileURLToPath(new URL("bus.py", import.meta.url));

/** Where the bus of a runtime folder listens. */
export function busAddress(runtime: string): string {
  return `unix:path=${join(runtime, "bus")}`;
}

/** Starts a bus that starts no service by itself. It listens when this resolves. */
export async function startBus(folder: string, runtime: string): Promise<Helper> {
  const config = join(folder, "bus.conf");
  await Deno.writeTextFile(config, busConfig(busAddress(runtime)));
  const args = ["--nofork", "--nosyslog", "--print-address", `--config-file=${config}`];
  const bus = await startHelper("dbus-daemon", args, { env: { HOME: folder } });
  try {
    await bus.stdout.matches(/\n/);
  } catch {
    throw new Error(`Cannot start a bus: ${bus.stderr.text()}`);
  }
  return bus;
}

/** Runs an operation of bus.py and gives what it printed. @throws when it fails */
export async function onBus(env: Readonly<Record<string, string>>, ...operation: string[]): Promise<string> {
  await using helper = await startHelper("/usr/bin/python3", [SCRIPT, ...operation], { env, stdin: "" });
  const { success } = await helper.ended;
  if (!success) throw new Error(`Cannot ${operation[0]} the keyring: ${helper.stderr.text()}`);
  return helper.stdout.text();
}

function busConfig(address: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>${address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;
}
