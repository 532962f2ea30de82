import { type Provider, PROVIDERS } from "../providers/table.ts";
import { type Entry, kindFor } from "../vault/contents.ts";
import { damagedEntry, entryName } from "../vault/envelope.ts";
import type { Context } from "./context.ts";
import type { Regions } from "./regions.ts";
import { type Column, writeJson, writeNote, writeTable } from "./render.ts";

/** One provider in `providers list --json`. */
interface ListedProvider {
  readonly id: string;
  readonly name: string;
  readonly auth: Provider["auth"];
  readonly status: "set" | "logged-in" | "expired" | "none";
  readonly endpoint: string;
  readonly region: string | null;
  readonly updatedAt: string | null;
  readonly expiresAt?: string;
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

/** Lists the providers that have a credential, or all. Needs no keystore. */
export async function listProviders(context: Context, all: boolean, json: boolean): Promise<void> {
  const { terminal, env, now } = context.system;
  const contents = (await context.vault("silent")).read();
  const [keys, logins] = [contents.entries("api-key"), contents.entries("login")];
  const regions = context.regions();
  const stored = [...keys.good, ...logins.good];
  const rows = PROVIDERS.map((provider) => listed(provider, stored, regions, now())).filter((row) =>
    all || row.status !== "none"
  );
  if (json) await writeJson(terminal, rows);
  else if (rows.length > 0) await writeTable(terminal, env("NO_COLOR") === undefined, COLUMNS, rows);
  else await writeNote(terminal, "no credential is stored", "agentgazer providers set <id>");
  const [broken] = [
    ...keys.damaged.map((name) => entryName("api-key", name)),
    ...logins.damaged.map((name) => entryName("login", name)),
  ];
  if (broken !== undefined) throw damagedEntry(broken);
}

function listed(
  provider: Provider,
  entries: readonly Entry[],
  regions: Regions,
  now: number,
): ListedProvider {
  const { id, name, auth } = provider;
  const entry = entries.find((one) => one.name === id && one.kind === kindFor(provider));
  const expiresAt = entry?.fields.expiresAt;
  return {
    id,
    name,
    auth,
    status: statusOf(entry, now),
    endpoint: regions.baseOf(provider),
    region: regions.of(provider) ?? null,
    updatedAt: entry?.fields.updatedAt ?? null,
    ...typeof expiresAt === "string" && { expiresAt },
  };
}

function statusOf(entry: Entry | undefined, now: number): ListedProvider["status"] {
  if (entry === undefined) return "none";
  if (entry.kind === "api-key") return "set";
  const { expiresAt } = entry.fields;
  return typeof expiresAt === "string" && Date.parse(expiresAt) <= now ? "expired" : "logged-in";
}
