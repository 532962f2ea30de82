import { type Provider, PROVIDERS } from "../providers/table.ts";
import { type Entry, kindFor } from "../vault/contents.ts";
import { loginFields } from "../vault/login.ts";
import { damagedEntry, entryName } from "../vault/envelope.ts";
import type { Context } from "./context.ts";
import type { Regions } from "./regions.ts";
import { type Column, duration, writeJson, writeNote, writeTable } from "./render.ts";

/** One provider in `providers list --json`. */
interface ListedProvider {
  readonly id: string;
  readonly name: string;
  readonly auth: Provider["auth"];
  readonly status: "set" | "logged-in" | "expired" | "refresh-failed" | "none";
  readonly endpoint: string;
  readonly region: string | null;
  readonly updatedAt: string | null;
  readonly expiresAt?: string;
  /** Of a login: whose it is, as the service says. */
  readonly account?: string;
  readonly plan?: string;
  readonly refreshedAt?: string;
  /** Why the last refresh failed, if it did. */
  readonly lastError?: { readonly message: string; readonly at: string };
}

const COLUMNS: readonly Column<ListedProvider>[] = [
  ["ID", (row) => row.id],
  ["NAME", (row) => row.name],
  ["AUTH", (row) => row.auth],
  ["STATUS", (row) => row.status],
  ["ENDPOINT", (row) => row.endpoint],
  ["REGION", (row) => row.region ?? "-"],
  ["UPDATED", (row) => row.updatedAt ?? "-"],
];

/** The same, and what is known of logins. */
const columnsAt = (now: number): readonly Column<ListedProvider>[] => [
  ...COLUMNS,
  ["ACCOUNT", ({ account, plan }) => [account, plan && `(${plan})`].filter(Boolean).join(" ") || "-"],
  ["EXPIRES", ({ expiresAt }) => expiresAt === undefined ? "-" : endOf(expiresAt, now)],
  ["REFRESHED", (row) => row.refreshedAt ?? "-"],
  ["LAST ERROR", ({ lastError }) => lastError === undefined ? "-" : `${lastError.message} (${lastError.at})`],
];

/** Lists the providers that have a credential, or all. Needs no keystore. */
export async function listProviders(context: Context, all: boolean, json: boolean): Promise<void> {
  const { terminal, env, now } = context.system;
  const contents = (await context.vault("silent")).read();
  const [keys, logins] = [contents.entries("api-key"), contents.entries("login")];
  const damaged = [
    ...keys.damaged.map((name) => entryName("api-key", name)),
    ...logins.damaged.map((name) => entryName("login", name)),
  ];
  const regions = context.regions();
  const stored = [...keys.good, ...logins.good];
  const rows = PROVIDERS.map((provider) => listed(provider, stored, regions, now())).filter((row) =>
    all || row.status !== "none"
  );
  if (json) await writeJson(terminal, rows);
  else if (rows.length > 0) {
    const shown = terminal.stdout.isTerminal && logins.good.length === 0 ? COLUMNS : columnsAt(now());
    await writeTable(terminal, env("NO_COLOR") === undefined, shown, rows);
  } else if (damaged.length === 0) {
    await writeNote(terminal, "no credential is stored", "agentgazer providers set <id>");
  }
  const [broken] = damaged;
  if (broken !== undefined) throw damagedEntry(broken);
}

function endOf(expiresAt: string, now: number): string {
  const left = Date.parse(expiresAt) - now;
  return left > 0 ? `in ${duration(left)}` : "expired";
}

function listed(
  provider: Provider,
  entries: readonly Entry[],
  regions: Regions,
  now: number,
): ListedProvider {
  const { id, name, auth } = provider;
  const entry = entries.find((one) => one.name === id && one.kind === kindFor(provider));
  const login = entry?.kind === "login" ? loginFields(entry.fields) : {};
  const { expiresAt, account, plan, refreshedAt, lastError } = login;
  return {
    id,
    name,
    auth,
    status: statusOf(entry, now),
    endpoint: regions.baseOf(provider, entry?.fields),
    region: regions.of(provider, entry?.fields) ?? null,
    updatedAt: entry?.fields.updatedAt ?? null,
    ...expiresAt !== undefined && { expiresAt },
    ...account !== undefined && { account },
    ...plan !== undefined && { plan },
    ...refreshedAt !== undefined && { refreshedAt },
    ...lastError !== undefined && { lastError: { message: lastError.message, at: lastError.at } },
  };
}

function statusOf(entry: Entry | undefined, now: number): ListedProvider["status"] {
  if (entry === undefined) return "none";
  if (entry.kind === "api-key") return "set";
  const { expiresAt, renewable, lastError } = loginFields(entry.fields);
  if (lastError !== undefined) return "refresh-failed";
  // One that can be renewed is renewed by its next use.
  const isOver = renewable !== true && expiresAt !== undefined && Date.parse(expiresAt) <= now;
  return isOver ? "expired" : "logged-in";
}
