import { AppError } from "../errors.ts";
import type { Verdict } from "../providers/check.ts";
import { type Provider, PROVIDERS } from "../providers/table.ts";
import type { Refresher } from "../oauth/refresh.ts";
import type { Credential } from "../proxy/inject.ts";
import { credentialKind } from "../vault/contents.ts";
import type { Vault } from "../vault/vault.ts";
import { checkCredential } from "./check_credential.ts";
import { type Context, requireProviders } from "./context.ts";
import { refresherFor } from "./logins.ts";
import {
  concernsOne,
  notStored,
  openCredential,
  openCredentials,
  type Prepared,
} from "./open_credentials.ts";
import { type Column, writeJson, writeNote, writeTable } from "./render.ts";
import { refuseRuntimeVariables } from "./runtime_variables.ts";
import { untilStopped } from "./until_stopped.ts";

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
  const asked = requireProviders(ids);
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

  const refresher = await refresherFor(context, vault, (level, message) => {
    if (level === "warn") writeNote(terminal, message);
  });
  const { prepared, rows } = await untilStopped(context.system, async () => {
    const prepared = await openCredentials(context, vault, refresher, providers);
    return { prepared, rows: await checkAll(context, vault, refresher, prepared) };
    // A token that was spent by then is replaced first.
  }).finally(() => refresher.settle());
  if (json) await writeJson(terminal, rows);
  else await writeTable(terminal, env("NO_COLOR") === undefined, COLUMNS, rows);
  for (const { credential } of prepared) {
    if (credential instanceof AppError && credential.code === "vault_damaged") throw credential;
  }
  refuseInvalid(rows);
}

/** Checks all at the same time; a terminal shows how many are left. */
async function checkAll(
  context: Context,
  vault: Vault,
  refresher: Refresher,
  prepared: readonly Prepared[],
): Promise<readonly Row[]> {
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
      const verdict = credential instanceof AppError
        ? verdictOf(credential)
        : await check(context, vault, refresher, { provider, region, credential });
      waiting.delete(provider.id);
      await showWaiting();
      return { id: provider.id, ...verdict };
    }));
  } finally {
    if (waiting.size > 0) await show("");
  }
}

/** A login that is rejected is renewed, and asked about once more. */
async function check(
  context: Context,
  vault: Vault,
  refresher: Refresher,
  { provider, region, credential }: Prepared & { readonly credential: Credential },
): Promise<Verdict> {
  const verdict = await checkCredential(context, provider, region, credential);
  if (verdict.result !== "rejected" || provider.auth !== "oauth") return verdict;
  try {
    if (!await refresher.replace(provider.id, credential.secret)) return verdict;
  } catch (error) {
    if (concernsOne(error)) return verdictOf(error);
    throw error;
  }
  const { region: place, credential: another } = await openCredential(
    vault,
    refresher,
    context.regions(),
    provider,
  );
  return another instanceof AppError
    ? verdictOf(another)
    : await checkCredential(context, provider, place, another);
}

/** What an error says of the credential that could not be had. */
function verdictOf({ code, message, hint }: AppError): Verdict {
  if (code === "login_required") return { result: "rejected", detail: `${message}: ${hint}` };
  if (code === "network_failed") return { result: "unreachable", detail: message };
  return { result: "unknown", detail: "its entry in the vault is damaged" };
}

/** The worst decides: a rejected credential before a provider that can't be asked. */
function refuseInvalid(rows: readonly Row[]): void {
  const bad = rows.filter(({ result }) => result !== "valid");
  if (bad.length === 0) return;
  const rejected = bad.filter(({ result }) => result === "rejected" || result === "no-access");
  if (rejected.length > 0) {
    const are = rejected.length === 1 ? "is" : "are";
    const [mend = "the detail of each says why"] = rejected.flatMap(({ detail = "" }) =>
      /agentgazer .*$/.exec(detail) ?? []
    );
    throw new AppError("credential_rejected", `${count(rejected, rows)} ${are} not accepted`, mend);
  }
  throw new AppError("network_failed", `${count(bad, rows)} could not be checked`, "agentgazer doctor");
}

function count({ length }: readonly Row[], rows: readonly Row[]): string {
  const of = length === rows.length ? "" : ` of ${rows.length}`;
  return `${length}${of} ${rows.length === 1 ? "credential" : "credentials"}`;
}
