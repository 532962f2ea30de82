import type { System } from "../lib/system.ts";
import type { KeyStores } from "../lib/vault/keystore.ts";
import { type Asking, askingFor, SILENT } from "./asking.ts";
import { detectKeyStores } from "./detect.ts";
import { isGraphicalSession } from "./gui_session.ts";
import { itemBackend, type Items } from "./item.ts";
import { keychainItems, SECURITY } from "./keychain.ts";
import { libsecretItems } from "./libsecret.ts";
import { keyFileFrom } from "./key_file.ts";
import { currentUserName, machineBackend } from "./machine.ts";
import { legacyMachineId, machineId } from "./machine_id.ts";

/** The keystores of this operating system. @param machineKey the path of our own key file */
export function keyStores(system: System, machineKey: string, manner: "asking" | "silent"): KeyStores {
  const { env, random } = system;
  const asking = manner === "asking" ? askingFor(system) : SILENT;
  const keyFile = keyFileFrom(env, machineKey);
  const identity = { uid: () => Deno.uid(), userName: currentUserName, machineId };
  const silent = itemsHere(system, SILENT, "username");
  const items = itemsHere(system, asking, "username").map((one, i) => itemBackend(one, silent[i]!, random));
  const machine = machineBackend(keyFile, identity, random);
  const tellFallback = () =>
    void system.terminal.err(
      `agentgazer: the vault's key is in a file, ${keyFile.path}, since no desktop keyring can be used here ` +
        "(agentgazer keystore status says why)\n",
    );
  return detectKeyStores(
    [...items, machine],
    env("AGENTGAZER_SECRET_BACKEND"),
    manner === "asking" ? tellFallback : undefined,
  );
}

/** Where the AgentGazer product may have stored something on this machine. */
export function legacyStores(
  system: System,
): { readonly items: readonly Items[]; readonly identity: () => Promise<string> } {
  return {
    items: itemsHere(system, askingFor(system), "account"),
    identity: async () => `${await legacyMachineId()}:${currentUserName()}`,
  };
}

function itemsHere(
  { env }: System,
  asking: Asking,
  accountAttribute: "username" | "account",
): Items[] {
  const isGraphical = () => isGraphicalSession(env);
  return [
    ...Deno.build.os === "darwin"
      ? [keychainItems({ program: SECURITY, home: env("HOME"), asking, isGraphical })]
      : [],
    libsecretItems({ env, asking, accountAttribute }),
  ];
}
