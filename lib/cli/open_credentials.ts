import { AppError } from "../errors.ts";
import type { Refresher } from "../oauth/refresh.ts";
import { readLogin } from "../oauth/stored_login.ts";
import { storeCommand } from "../providers/remedy.ts";
import type { Provider } from "../providers/table.ts";
import { type Credential, credentialIn, credentialOf } from "../proxy/inject.ts";
import type { Vault } from "../vault/vault.ts";
import type { Context } from "./context.ts";
import type { Regions } from "./regions.ts";

/** What is needed to check one provider; or why its credential can't be had, while others can. */
export interface Prepared {
  readonly provider: Provider;
  readonly region: string | undefined;
  readonly credential: Credential | AppError;
}

/**
 * Opens the credentials of these providers: all before the first is sent, so that a locked keystore or a wrong
 * setting is told first.
 *
 * @throws {AppError} what concerns them all
 */
export async function openCredentials(
  context: Context,
  vault: Vault,
  refresher: Refresher,
  providers: readonly Provider[],
): Promise<readonly Prepared[]> {
  const regions = context.regions();
  for (const provider of providers) regions.of(provider);
  await vault.unlock();
  return await Promise.all(providers.map((provider) => openCredential(vault, refresher, regions, provider)));
}

/**
 * Opens a provider's credential; a login that ends soon is renewed before. Its region is of the same state of the
 * vault. What concerns it alone is given as an error.
 *
 * @throws {AppError} what concerns others too
 */
export async function openCredential(
  vault: Vault,
  refresher: Refresher,
  regions: Regions,
  provider: Provider,
): Promise<Prepared> {
  try {
    const opened = provider.auth === "api-key"
      ? await openKey(vault, provider)
      : await openLogin(vault, refresher, provider);
    if (opened === undefined) throw notStored(provider);
    return { provider, region: regions.of(provider, opened.entry), credential: opened };
  } catch (error) {
    if (concernsOne(error)) return { provider, region: undefined, credential: error };
    throw error;
  }
}

async function openKey(vault: Vault, { id }: Provider): Promise<Credential | undefined> {
  const sealed = await vault.open("api-key", id);
  return sealed && credentialIn("api-key", id, sealed);
}

async function openLogin(
  vault: Vault,
  refresher: Refresher,
  { id }: Provider,
): Promise<Credential | undefined> {
  const entry = vault.read().entry("login", id)?.fields;
  if (entry !== undefined) await refresher.ensure(id, entry);
  const stored = await readLogin(vault, id);
  return stored && { ...credentialOf(stored.login), entry: stored.entry };
}

/** Whether an error concerns one credential alone, while others can be had. */
export function concernsOne(error: unknown): error is AppError {
  return error instanceof AppError &&
    ["vault_damaged", "login_required", "network_failed"].includes(error.code);
}

/** The error for a credential that is not stored; of all, without a provider. */
export function notStored(provider?: Provider): AppError {
  if (provider === undefined) {
    return new AppError("credential_missing", "No credential is stored", "agentgazer providers set <id>");
  }
  return new AppError(
    "credential_missing",
    `No credential of ${provider.name} is stored`,
    storeCommand(provider),
  );
}
