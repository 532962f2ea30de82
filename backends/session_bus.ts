import type { System } from "../lib/system.ts";

/**
 * The address of the D-Bus session bus: what the environment says, else the socket that systemd makes for the
 * user. `undefined` when there is none; then nothing must be started that would start a bus of its own.
 */
export function sessionBus(env: System["env"]): string | undefined {
  const address = env("DBUS_SESSION_BUS_ADDRESS");
  if (address) return address.startsWith("autolaunch:") ? undefined : address;
  const folder = env("XDG_RUNTIME_DIR");
  const socket = `${folder}/bus`;
  return folder?.startsWith("/") && isSocket(socket) ? `unix:path=${encodePath(socket)}` : undefined;
}

/** D-Bus specification, "Server Addresses": every other byte is written as a percent sign and two digits. */
function encodePath(path: string): string {
  return path.replaceAll(
    /[^-0-9A-Za-z_/.\\*]+/g,
    (part) => new TextEncoder().encode(part).toHex().toUpperCase().replaceAll(/../g, "%$&"),
  );
}

function isSocket(path: string): boolean {
  try {
    return Deno.statSync(path).isSocket === true;
  } catch {
    return false;
  }
}
