import { AppError } from "../errors.ts";
import { nearest } from "../providers/nearest.ts";
import { type Provider, providerById, PROVIDERS } from "../providers/table.ts";
import type { Upstream } from "../proxy/upstream.ts";
import type { System } from "../system.ts";
import { type Home, homeFrom } from "../vault/home.ts";
import type { KeyStores } from "../vault/keystore.ts";
import { Vault } from "../vault/vault.ts";

/** What main.ts gives the commands. */
export interface CliOptions {
  readonly version: string;
  readonly system: System;
  readonly upstream: Upstream;
  /** Opens the backends of a vault folder. @throws {AppError} */
  readonly keyStores: (home: Home) => KeyStores;
}

/** What every command works with. Nothing is opened before it is asked for, so `--help` touches nothing. */
export interface Context extends Omit<CliOptions, "keyStores"> {
  home(): Home;
  vault(): Vault;
}

/** Prepares the context of one run. */
export function makeContext({ keyStores, ...options }: CliOptions): Context {
  const { system } = options;
  const home = () => homeFrom(system.env);
  return { ...options, home, vault: () => new Vault(home(), keyStores(home()), system) };
}

/**
 * The provider with this id. What was typed is not repeated: it may be a key in the wrong place.
 *
 * @throws {AppError} `usage`, with the nearest id
 */
export function requireProvider(id: string): Provider {
  const provider = providerById(id);
  if (provider !== undefined) return provider;
  const near = nearest(id, PROVIDERS.map((row) => row.id));
  throw new AppError(
    "usage",
    "Cannot find a provider with that id",
    near === undefined ? "agentgazer providers list --all" : `did you mean \`${near}\`?`,
  );
}
