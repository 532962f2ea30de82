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
