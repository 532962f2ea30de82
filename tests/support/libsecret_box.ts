import { type Asking, SILENT } from "../../backends/asking.ts";
import { itemBackend, type Items } from "../../backends/item.ts";
import { libsecretItems } from "../../backends/libsecret.ts";
import type { KeyStore } from "../../lib/vault/keystore.ts";
import { realRandom } from "./real_random.ts";

/** The service of the vaults' keys. */
export const SERVICE = "com.agentgazer.vault";

/** The environment of a program, such as that of a keyring. */
export type Environment = Readonly<Record<string, string>>;

/** The items as a new process has them. */
export function itemsOf(env: Environment, asking: Asking = SILENT): Items {
  return libsecretItems({ env: (name) => env[name], asking });
}

/** The backend as a new process has it. */
export function storeOf(env: Environment, asking: Asking = SILENT): KeyStore {
  return itemBackend(itemsOf(env, asking), itemsOf(env), realRandom);
}

/** Somebody who can be asked, for a quarter of a second unless told, with all that was said. */
export function attended(deadline = 250): Asking & { readonly told: string[] } {
  const told: string[] = [];
  return { attended: true, deadline, silentDeadline: 3000, told, tell: (message) => told.push(message) };
}

/** Resolves when no secret-tool runs in the session any more. */
export async function secretToolsEnded({ DBUS_SESSION_BUS_ADDRESS: bus }: Environment): Promise<void> {
  while (await runs(bus!));
}

async function runs(bus: string): Promise<boolean> {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [line, environment] = await Promise.all(
        ["cmdline", "environ"].map((file) => Deno.readTextFile(`/proc/${name}/${file}`)),
      );
      if (line!.includes("secret-tool") && environment!.includes(bus)) return true;
    } catch {
      // Gone by now.
    }
  }
  return false;
}

/** What a D-Bus message holds that answers a call. */
export interface ReplyParts {
  /** The serial of the call. */
  readonly to: number;
  /** The name of the error that it is. */
  readonly error?: string;
  /** An object path as its only value. */
  readonly path?: string;
  /** A boolean in a variant as its only value. */
  readonly variant?: boolean;
  readonly littleEndian?: boolean;
}

/** Writes an answer as a bus sends it (D-Bus Specification, "Message Format"). */
export function dbusReply(parts: ReplyParts): Uint8Array<ArrayBuffer> {
  const { to, error, path, variant, littleEndian = true } = parts;
  const number = (value: number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, littleEndian);
    return [...bytes];
  };
  const ascii = (value: string) => [...new TextEncoder().encode(value)];
  const text = (value: string) => [...number(value.length), ...ascii(value), 0];
  const padded = (bytes: number[]) => [...bytes, ...Array(-bytes.length & 7).fill(0)];

  const body = path !== undefined ? text(path) : variant === undefined ? [] : [
    ...[1, ...ascii("b"), 0, 0],
    ...number(variant ? 1 : 0),
  ];
  const signature = path !== undefined ? "o" : variant === undefined ? "" : "v";
  const fields = [
    [5, 1, ...ascii("u"), 0, ...number(to)],
    ...error === undefined ? [] : [[4, 1, ...ascii("s"), 0, ...text(error)]],
    [7, 1, ...ascii("s"), 0, ...text("org.freedesktop.DBus")],
    ...signature === "" ? [] : [[8, 1, ...ascii("g"), 0, signature.length, ...ascii(signature), 0]],
  ];
  const array = fields.reduce((before: number[], field) => [...padded(before), ...field], []);
  const head = [...ascii(littleEndian ? "l" : "B"), error === undefined ? 2 : 3, 0, 1];
  head.push(...number(body.length), ...number(to + 1 >>> 0), ...number(array.length), ...array);
  return Uint8Array.from([...padded(head), ...body]);
}
