import type { Received } from "../providers.ts";
import type { LoginScene } from "./login_scene.ts";

/** So many bytes of which every part differs. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

/** The calls that a host got, which are forgotten with all others. */
export function callsTo(host: string, { providers }: LoginScene): Received[] {
  return providers.received.splice(0).filter((received) => received.host === host);
}
