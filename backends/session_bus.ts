import type { System } from "../lib/system.ts";

/**
 * The address of the D-Bus session bus: what the environment says, else the socket that systemd makes for the
 * user. `undefined` when there is none; then nothing must be started that would start a bus of its own.
 */
export function sessionBus(env: System["env"]): string | undefined {
  const address = env("DBUS_SESSION_BUS_ADDRESS");
  const folder = env("XDG_RUNTIME_DIR");
  const socket = `${folder}/bus`;
  const own = folder?.startsWith("/") && isSocket(socket) ? `unix:path=${encodePath(socket)}` : undefined;
  if (!address || address.startsWith("autolaunch:")) return own;
  // As in a terminal session that outlived the desktop in which it was started.
  const path = /^unix:path=([^,;%]+)$/.exec(address)?.[1];
  const isStale = path !== undefined && !isSocket(path);
  return isStale && own !== undefined ? own : address;
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
