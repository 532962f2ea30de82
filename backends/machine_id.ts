import { createHmac } from "node:crypto";
import { runCommand } from "./command.ts";

/** machine-id(5): the second is where D-Bus kept it first. */
const FILES = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

const IOREG_DEADLINE = 3000;

/**
 * The id of this installation of the operating system as 16 bytes, or `undefined` where there is none: a
 * missing, empty, zero or `uninitialized` one (container images) identifies nothing. The host name never
 * takes its place, since it changes by itself.
 */
export async function machineId(): Promise<Uint8Array | undefined> {
  return Deno.build.os === "darwin" ? await platformUuid() : fromFiles();
}

/**
 * A value that stands for the machine without telling its id, which machine-id(5) asks to keep
 * confidential: HMAC-SHA-256 under the id, as `sd_id128_get_machine_app_specific` does.
 */
export function derivedId(id: Uint8Array, purpose: string): string {
  return createHmac("sha256", id).update(`com.agentgazer.vault/${purpose}`).digest("hex");
}

/** Reads a machine id as it stands in a file. */
export function parseMachineId(text: string): Uint8Array | undefined {
  const hex = text.trim();
  return /^[0-9a-f]{32}$/.test(hex) && !/^0+$/.test(hex) ? Uint8Array.fromHex(hex) : undefined;
}

function fromFiles(): Uint8Array | undefined {
  for (const file of FILES) {
    try {
      const id = parseMachineId(Deno.readTextFileSync(file));
      if (id !== undefined) return id;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
    }
  }
  return undefined;
}

/** IOPlatformUUID of macOS. */
async function platformUuid(): Promise<Uint8Array | undefined> {
  const args = ["-rd1", "-c", "IOPlatformExpertDevice"];
  const result = await runCommand("/usr/sbin/ioreg", args, IOREG_DEADLINE);
  const uuid = result?.stdout.match(/"IOPlatformUUID" = "([0-9A-Fa-f-]{36})"/)?.[1];
  return uuid === undefined ? undefined : parseMachineId(uuid.replaceAll("-", "").toLowerCase());
}
