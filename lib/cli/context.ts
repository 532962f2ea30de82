import { AppError } from "../errors.ts";
import { nearest } from "../providers/nearest.ts";
import { type Provider, providerById, PROVIDERS } from "../providers/table.ts";
import type { Upstream } from "../proxy/upstream.ts";
import type { System } from "../system.ts";
import type { LegacyStores } from "../vault/legacy.ts";
import { type Home, homeFrom } from "../vault/home.ts";
import type { KeyStores } from "../vault/keystore.ts";
import { Vault } from "../vault/vault.ts";
import { idsMeantBy } from "./everyday_words.ts";
import { migratePlaintext } from "./migrate.ts";
import { Regions } from "./regions.ts";
import { type Note, writeNote } from "./render.ts";

/** Whether a keystore may ask the user to unlock it. */
export type Manner = "asking" | "silent";

/** What main.ts gives the commands. */
export interface CliOptions {
  readonly version: string;
  readonly system: System;
  readonly upstream: Upstream;
  /** Opens the backends of a vault folder. @throws {AppError} */
  readonly keyStores: (home: Home, manner: Manner) => KeyStores;
  /** What the AgentGazer product keeps in the keystores of this machine. */
  readonly legacy: () => LegacyStores;
}

/** What every command works with. Nothing is opened before it is asked for, so `--help` touches nothing. */
export interface Context extends CliOptions {
  /** Names this program to services, as `name/version`. */
  readonly userAgent: string;
  home(): Home;
  regions(): Regions;
  /**
   * The vault, after the plaintext keys of old versions have been moved into it.
   *
   * @param manner of all that is done with this vault
   */
  vault(manner?: Manner): Promise<Vault>;
  /** Why the plaintext keys could not be moved, told at the end unless the command fails of the same. */
  migrationFailure(): AppError | undefined;
  /** The vault as it is. */
  vaultAsItIs(manner: Manner): Vault;
}

/** Prepares the context of one run. */
export function makeContext(options: CliOptions): Context {
  const { system, keyStores } = options;
  const home = () => homeFrom(system.env);
  let failure: AppError | undefined;
  const open = (manner: Manner) => new Vault(home(), keyStores(home(), manner), system);
  return {
    ...options,
    userAgent: `agentgazer/${options.version}`,
    home,
    regions: () => new Regions(home()),
    vaultAsItIs: open,
    async vault(manner = "asking") {
      const vault = open(manner);
      const note: Note = (message, hint) => writeNote(system.terminal, message, hint);
      failure = await migratePlaintext(vault, home(), note);
      return vault;
    },
    migrationFailure: () => failure,
  };
}

/**
 * The provider with this id. What was typed is not repeated: it may be a key in the wrong place.
 *
 * @throws {AppError} `usage`, with the nearest id
 */
export function requireProvider(id: string): Provider {
  const provider = providerById(id);
  if (provider !== undefined) return provider;
  const meant = idsMeantBy(id);
  const near = meant.length > 0 ? meant.join("` or `") : nearest(id, PROVIDERS.map((row) => row.id));
  throw new AppError(
    "usage",
    "Cannot find a provider with that id",
    near === undefined ? "agentgazer providers list --all" : `did you mean \`${near}\`?`,
  );
}

/** The providers with these ids, of which commas may join several. @throws {AppError} as {@linkcode requireProvider} does */
export function requireProviders(ids: readonly string[]): Provider[] {
  return ids.flatMap((text) => text.replace(/,$/, "").split(",")).map(requireProvider);
}
