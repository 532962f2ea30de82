import { AppError } from "../errors.ts";
import type { Verdict } from "../providers/check.ts";
import { storeCommand } from "../providers/remedy.ts";
import { type Provider, PROVIDERS } from "../providers/table.ts";
import { type Credential, credentialIn } from "../proxy/inject.ts";
import { credentialKind, kindFor } from "../vault/contents.ts";
import type { Vault } from "../vault/vault.ts";
import { checkCredential } from "./check_credential.ts";
import { type Context, requireProvider } from "./context.ts";
import { type Column, writeJson, writeTable } from "./render.ts";
import { refuseRuntimeVariables } from "./runtime_variables.ts";

/** One provider in `providers test --json`. */
interface Row {
  readonly id: string;
  readonly result: Verdict["result"];
  readonly detail?: string;
}

const COLUMNS: readonly Column<Row>[] = [
  ["ID", (row) => row.id],
  ["RESULT", (row) => row.result],
  ["DETAIL", (row) => row.detail ?? ""],
];

/** Asks each provider whether its stored credential is valid. @param ids none stands for all that have one */
export async function testProviders(context: Context, ids: readonly string[], json: boolean): Promise<void> {
  const { terminal, env } = context.system;
  refuseRuntimeVariables(env, "send a credential");
  const asked = ids.map(requireProvider);
  const vault = await context.vault();
  const contents = vault.read();
  const isStored = (provider: Provider) => credentialKind(contents, provider) !== undefined;
  const providers = PROVIDERS.filter((row) => asked.length === 0 ? isStored(row) : asked.includes(row));
  const missing = providers.find((provider) => !isStored(provider));
  if (missing !== undefined || providers.length === 0) {
    // Not stored only because the keystore could not be opened for it.
    const failure = context.migrationFailure();
    throw failure?.code === "keystore_unavailable" ? failure : notStored(missing);
  }

  const prepared = await prepare(context, vault, providers);
  const rows = await checkAll(context, prepared);
  if (json) await writeJson(terminal, rows);
  else await writeTable(terminal, env("NO_COLOR") === undefined, COLUMNS, rows);
  for (const { credential } of prepared) if (credential instanceof AppError) throw credential;
  refuseInvalid(rows);
}

/** What is needed to check one provider; the error of an entry that is damaged. */
interface Prepared {
  readonly provider: Provider;
  readonly region: string | undefined;
  readonly credential: Credential | AppError;
}

/** All are opened before the first is sent, so that a locked keystore or a wrong setting is told first. */
async function prepare(
  context: Context,
  vault: Vault,
  providers: readonly Provider[],
): Promise<readonly Prepared[]> {
  const regions = context.regions();
  const placed = providers.map((provider) => ({ provider, region: regions.of(provider) }));
  const prepared: Prepared[] = [];
  for (const { provider, region } of placed) {
    prepared.push({ provider, region, credential: await openCredential(vault, provider) });
  }
  return prepared;
}

async function openCredential(vault: Vault, provider: Provider): Promise<Credential | AppError> {
  const kind = kindFor(provider);
  try {
    const sealed = await vault.open(kind, provider.id);
    if (sealed === undefined) throw notStored(provider);
    return credentialIn(kind, provider.id, sealed);
  } catch (error) {
    if (error instanceof AppError && error.code === "vault_damaged") return error;
    throw error;
  }
}

/** Checks all at the same time; a terminal shows how many are left. */
async function checkAll(context: Context, prepared: readonly Prepared[]): Promise<readonly Row[]> {
  const { terminal } = context.system;
  const waiting = new Set(prepared.map(({ provider }) => provider.id));
  const show = async (text: string) => {
    if (terminal.stderr.isTerminal) await terminal.err(`\r\x1b[2K${text}`);
  };
  const showWaiting = () => {
    const names = waiting.size > 3 ? "" : `: ${[...waiting].join(", ")}`;
    return show(waiting.size === 0 ? "" : `waiting for ${waiting.size} of ${prepared.length}${names}`);
  };
  await showWaiting();
  try {
    return await Promise.all(prepared.map(async ({ provider, region, credential }) => {
      const verdict: Verdict = credential instanceof AppError
        ? { result: "unknown", detail: "its entry in the vault is damaged" }
        : await checkCredential(context, provider, region, credential);
      waiting.delete(provider.id);
      await showWaiting();
      return { id: provider.id, ...verdict };
    }));
  } finally {
    if (waiting.size > 0) await show("");
  }
}

/** The worst decides: a rejected credential before a provider that can't be asked. */
function refuseInvalid(rows: readonly Row[]): void {
  const bad = rows.filter(({ result }) => result !== "valid");
  if (bad.length === 0) return;
  const rejected = bad.filter(({ result }) => result === "rejected" || result === "no-access");
  if (rejected.length > 0) {
    const message = `${rejected.length} of ${rows.length} credentials not accepted`;
    throw new AppError("credential_rejected", message, "the detail of each says why");
  }
  throw new AppError(
    "network_failed",
    `${bad.length} of ${rows.length} credentials could not be checked`,
    "agentgazer doctor",
  );
}

function notStored(provider: Provider | undefined): AppError {
  if (provider === undefined) {
    return new AppError("credential_missing", "No credential is stored", "agentgazer providers set <id>");
  }
  return new AppError(
    "credential_missing",
    `No credential of ${provider.name} is stored`,
    storeCommand(provider),
  );
}
