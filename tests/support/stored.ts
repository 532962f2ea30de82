import { detectKeyStores } from "../../backends/detect.ts";
import { currentUserName, type Identity, machineBackend } from "../../backends/machine.ts";
import { machineId } from "../../backends/machine_id.ts";
import type { EntryKind } from "../../lib/vault/envelope.ts";
import { homeFrom } from "../../lib/vault/home.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { countingRandom } from "./fake_system.ts";

/** Whose a vault of a {@linkcode commandLine} is. */
const ADA: Identity = { uid: () => 1000, userName: () => "ada", machineId: () => Promise.resolve(undefined) };

/** Whose a vault of the executable is. */
export const HERE: Identity = { uid: () => Deno.uid(), userName: currentUserName, machineId };

/** What the vault in this folder, with the machine backend, holds under this name; opened from the file. */
export async function stored(
  folder: string,
  kind: EntryKind,
  name: string,
  identity = ADA,
): Promise<string | undefined> {
  const home = homeFrom((variable) => variable === "AGENTGAZER_HOME" ? folder : undefined);
  const machine = machineBackend({ path: home.machineKey, named: false }, identity, countingRandom());
  const system = { now: () => 0, random: countingRandom() };
  const vault = new Vault(home, detectKeyStores([machine], undefined), system);
  return (await vault.open(kind, name))?.reveal();
}
