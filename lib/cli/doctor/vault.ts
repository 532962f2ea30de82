import { storeCommand } from "../../providers/remedy.ts";
import { type Provider, providerById } from "../../providers/table.ts";
import type { Entry } from "../../vault/contents.ts";
import { damagedEntry, entryName } from "../../vault/envelope.ts";
import { type LoginFields, loginFields } from "../../vault/login.ts";
import { credentialIn } from "../../proxy/inject.ts";
import { keystoreError } from "../../vault/keystore.ts";
import type { Vault } from "../../vault/vault.ts";
import type { Context } from "../context.ts";
import { keystoreStatus } from "../keystore.ts";
import { duration } from "../render.ts";
import { broken, examine, type Finding, fine, warning } from "./finding.ts";

/** Looks at the keystore, and whether the vault opens with its key. Asks nobody. */
export async function examineKeystore(context: Context, vault: Vault): Promise<Finding[]> {
  await vault.unlock();
  const { status: { backend, reason, state }, trouble } = await keystoreStatus(context, vault);
  if (trouble !== undefined) throw keystoreError(trouble);
  return [fine("keystore", `${backend}: ${state}; ${reason}`)];
}

/** Looks at every credential and client. @param opens whether the vault's key can be had */
export async function examineEntries(context: Context, vault: Vault, opens: boolean): Promise<Finding[]> {
  const contents = vault.read();
  const findings: Finding[] = [];
  for (const kind of ["api-key", "login", "client"] as const) {
    const { good, damaged } = contents.entries(kind);
    for (const name of damaged) findings.push(broken(kind, damagedEntry(entryName(kind, name))));
    for (const entry of good) {
      findings.push(
        ...await examine(kind, async () => {
          if (!opens) return closed(entry);
          return await examineEntry(context, vault, entry);
        }),
      );
    }
  }
  return findings;
}

/** What stands in the clear of an entry; its name only if it can't be anything else. */
function closed({ kind, name, fields: { updatedAt } }: Entry): Finding[] {
  const shown = kind === "client" ? "a client" : providerById(name)?.id ?? "an unknown provider";
  return [fine(kind, `${shown}: stored ${updatedAt}, not opened`)];
}

/** Its name is shown only once it has opened: before, it may be anything that was written into the file. */
async function examineEntry(
  { system }: Context,
  vault: Vault,
  { kind, name, fields }: Entry,
): Promise<Finding[]> {
  const sealed = await vault.open(kind, name);
  if (sealed === undefined) return [];
  credentialIn(kind, name, sealed);
  const { expiresAt, updatedAt } = fields;
  const provider = kind === "client" ? undefined : providerById(name);
  if (kind !== "client" && provider === undefined) {
    const remove = `agentgazer ${kind === "login" ? "logout" : "providers remove"} ${name}`;
    return [warning(kind, `${name}: this version does not know the provider`, remove)];
  }
  if (kind === "login") return [examineLogin(provider!, loginFields(fields), system.now())];
  if (typeof expiresAt === "string" && Date.parse(expiresAt) <= system.now()) {
    return [warning(kind, `${name}: expired ${expiresAt}`, `agentgazer clients remove ${name}`)];
  }
  return [fine(kind, `${name}: opens, stored ${updatedAt}`)];
}

/** Whose it is, how long its token is good, and how its last refresh went. */
function examineLogin(provider: Provider, fields: LoginFields, now: number): Finding {
  const { account, plan, expiresAt, renewable, refreshedAt, lastError } = fields;
  const left = expiresAt === undefined ? undefined : Date.parse(expiresAt) - now;
  const isOver = left !== undefined && left <= 0;
  const facts = [
    account === undefined ? "logged in" : `logged in as ${account}`,
    plan === undefined ? undefined : `plan ${plan}`,
    left === undefined ? undefined : isOver ? `expired ${expiresAt}` : `expires in ${duration(left)}`,
    refreshedAt === undefined ? undefined : `last refreshed ${refreshedAt}`,
    lastError === undefined ? undefined : `refresh failed ${lastError.at}: ${lastError.message}`,
  ];
  const message = `${provider.id}: ${facts.filter((fact) => fact !== undefined).join(", ")}`;
  const isLost = lastError?.permanent === true || isOver && renewable !== true;
  if (isLost) return warning("login", message, storeCommand(provider));
  if (lastError !== undefined) return warning("login", message, `agentgazer providers test ${provider.id}`);
  return fine("login", message);
}
