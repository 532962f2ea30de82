import { detectKeyStores } from "../../backends/detect.ts";
import { machineBackend } from "../../backends/machine.ts";
import { type EntryKind, type Envelope, formatEnvelope, parseEnvelope } from "../../lib/vault/envelope.ts";
import { type Home, homeFrom } from "../../lib/vault/home.ts";
import { type Json, keystoreError, type KeyStores, type Trouble } from "../../lib/vault/keystore.ts";
import { Secret } from "../../lib/secret.ts";
import { Vault } from "../../lib/vault/vault.ts";
import type { CommandLine } from "./command_line.ts";
import { countingRandom, START_TIME } from "./fake_system.ts";

/** The files of a command line. */
export function homeOf({ home }: CommandLine): Home {
  return homeFrom((name) => name === "AGENTGAZER_HOME" ? home : undefined);
}

/** Puts an entry into the vault of a command line, such as the login that no command can make. */
export async function putEntry(
  line: CommandLine,
  kind: EntryKind,
  name: string,
  value: string,
  fields?: { readonly [field: string]: Json },
): Promise<void> {
  const home = homeOf(line);
  const identity = { uid: () => 1000, userName: () => "ada", machineId: () => Promise.resolve(undefined) };
  const random = countingRandom();
  const stores = detectKeyStores(
    [machineBackend({ path: home.machineKey, named: false }, identity, random)],
    undefined,
  );
  const vault = new Vault(home, stores, { now: () => START_TIME, random });
  await vault.change((draft) => draft.put(kind, name, new Secret(value), fields));
}

/** Edits the entries as whoever can write to the file may. */
export function tamper(
  line: CommandLine,
  edit: (entries: Map<string, Json>, envelope: Envelope) => void,
): void {
  const path = homeOf(line).vault;
  const envelope = parseEnvelope(Deno.readFileSync(path), path);
  const entries = new Map(envelope.entries);
  edit(entries, envelope);
  Deno.writeFileSync(path, formatEnvelope({ ...envelope, entries }));
}

/** Changes the sealed part of an entry, so that it does not open any more. */
export function damageEntry(line: CommandLine, name: string): void {
  tamper(line, (entries) => {
    const { data, ...rest } = entries.get(name) as { data: string };
    const flipped = (data.startsWith("A") ? "B" : "A") + data.slice(1);
    entries.set(name, { ...rest, data: flipped });
  });
}

/** A keystore that has the vault's key but does not give it. */
export function troubledKeyStores(trouble: Trouble): () => KeyStores {
  const store = {
    backend: "libsecret" as const,
    examine: () => Promise.resolve(trouble),
    probe: () => Promise.resolve(trouble),
    create: () => Promise.reject(new Error("not to be called")),
    open: () => Promise.resolve(trouble),
    remove: () => Promise.resolve(undefined),
  };
  return () => ({
    forNewVault: () => Promise.reject(keystoreError(trouble)),
    prospect: () => Promise.resolve({ backend: store.backend, chosen: "best", trouble }),
    forRecord: () => store,
    named: () => store,
  });
}
