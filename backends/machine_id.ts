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

/** What the AgentGazer product takes for the machine's id: the text of the first that there is. */
export async function legacyMachineId(): Promise<string> {
  if (Deno.build.os === "darwin") return await platformUuidText();
  return [...FILES, "/etc/hostname"].map(textIn).find((text) => text !== "") ?? "";
}

/** Reads a machine id as it stands in a file. */
export function parseMachineId(text: string): Uint8Array | undefined {
  const hex = text.trim();
  return /^[0-9a-f]{32}$/.test(hex) && !/^0+$/.test(hex) ? Uint8Array.fromHex(hex) : undefined;
}

function fromFiles(): Uint8Array | undefined {
  for (const file of FILES) {
    const id = parseMachineId(textIn(file));
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Without the white space around it; empty when there is no such file. */
function textIn(file: string): string {
  try {
    return Deno.readTextFileSync(file).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return "";
  }
}

async function platformUuid(): Promise<Uint8Array | undefined> {
  return parseMachineId((await platformUuidText()).replaceAll("-", "").toLowerCase());
}

/** IOPlatformUUID of macOS; empty when it can't be had. */
async function platformUuidText(): Promise<string> {
  const args = ["-rd1", "-c", "IOPlatformExpertDevice"];
  const result = await runCommand("/usr/sbin/ioreg", args, { deadline: IOREG_DEADLINE });
  const output = result.state === "ended" ? result.stdout : "";
  return output.match(/"IOPlatformUUID" = "([0-9A-Fa-f-]{36})"/)?.[1] ?? "";
}
