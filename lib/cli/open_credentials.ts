import { AppError } from "../errors.ts";
import type { Refresher } from "../oauth/refresh.ts";
import { storeCommand } from "../providers/remedy.ts";
import type { Provider } from "../providers/table.ts";
import { type Credential, credentialIn } from "../proxy/inject.ts";
import { credentialEntry, kindFor } from "../vault/contents.ts";
import type { Vault } from "../vault/vault.ts";
import type { Context } from "./context.ts";

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
  const contents = vault.read();
  const placed = providers.map((provider) => {
    return { provider, region: regions.of(provider, credentialEntry(contents, provider)) };
  });
  await vault.unlock();
  return await Promise.all(placed.map(async ({ provider, region }) => {
    return { provider, region, credential: await openCredential(vault, refresher, provider) };
  }));
}

/**
 * Opens a provider's credential; a login that ends soon is renewed before. Gives what concerns it alone as an error.
 *
 * @throws {AppError} what concerns others too
 */
export async function openCredential(
  vault: Vault,
  refresher: Refresher,
  provider: Provider,
): Promise<Credential | AppError> {
  const kind = kindFor(provider);
  try {
    const entry = vault.read().entry(kind, provider.id)?.fields;
    if (kind === "login" && entry !== undefined) await refresher.ensure(provider.id, entry);
    const sealed = await vault.open(kind, provider.id);
    if (sealed === undefined) throw notStored(provider);
    return credentialIn(kind, provider.id, sealed);
  } catch (error) {
    if (concernsOne(error)) return error;
    throw error;
  }
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
