import type { Command } from "commander";
import { AppError } from "../errors.ts";
import { MAX_KEY_BYTES, parseKey } from "../providers/key.ts";
import { type Provider, providerById, PROVIDERS } from "../providers/table.ts";
import type { Entry } from "../vault/contents.ts";
import { damagedEntry, entryName } from "../vault/envelope.ts";
import { type Context, requireProvider } from "./context.ts";
import { agrees, askHidden, readAll } from "./prompt.ts";
import { type Column, writeJson, writeNote, writeTable } from "./render.ts";

/** One provider in `providers list --json`. */
interface ListedProvider {
  readonly id: string;
  readonly name: string;
  readonly auth: Provider["auth"];
  readonly status: "set" | "none";
  readonly endpoint: string;
  readonly updatedAt: string | null;
}

const COLUMNS: readonly Column<ListedProvider>[] = [
  ["ID", (row) => row.id],
  ["NAME", (row) => row.name],
  ["AUTH", (row) => row.auth],
  ["STATUS", (row) => row.status],
  ["ENDPOINT", (row) => row.endpoint],
  ["UPDATED", (row) => row.updatedAt ?? "-"],
];

/** Adds `providers set | list | remove`. */
export function addProviderCommands(program: Command, context: Context): void {
  const providers = program.command("providers").helpCommand(false).description("store and list API keys");
  providers.command("set").description("store an API key; without [key] it is asked for, or read from stdin")
    .argument("<id>", "the provider, such as openai")
    .argument("[key]", "the key, or - for stdin")
    .option("--force", "store it although its shape speaks against it")
    .action((id: string, key: string | undefined, { force }) => set(context, id, key, force === true));
  providers.command("list").description("list the providers that have a credential")
    .option("--all", "list all providers")
    .option("--json", "print JSON")
    .action(({ all, json }) => list(context, all === true, json === true));
  providers.command("remove").description("remove a stored API key")
    .argument("<id>", "the provider")
    .option("--yes", "do not ask")
    .action((id: string, { yes }) => remove(context, id, yes === true));
}

async function set(context: Context, id: string, typed: string | undefined, force: boolean): Promise<void> {
  const { terminal } = context.system;
  const provider = requireProvider(id);
  refuseLogin(provider, "login");
  const key = parseKey(provider, await getKey(context, provider, typed), force);
  const vault = context.vault();
  await vault.change((draft) => draft.put("api-key", provider.id, key));
  await writeNote(terminal, `stored the ${provider.name} key`);
  if (typed !== undefined && typed !== "-") {
    await writeNote(
      terminal,
      "the key was on the command line, where other programs and your shell's history can see it",
      `next time: agentgazer providers set ${provider.id} < file`,
    );
  }
}

async function getKey({ system }: Context, provider: Provider, typed: string | undefined): Promise<string> {
  if (typed !== undefined && typed !== "-") return typed;
  if (typed === undefined && system.terminal.stdin.isTerminal) {
    return await askHidden(system, `${provider.name} API key (not shown): `);
  }
  return await readAll(system.terminal, MAX_KEY_BYTES + 2);
}

async function list(context: Context, all: boolean, json: boolean): Promise<void> {
  const { terminal, env } = context.system;
  const { good, damaged } = context.vault().read().entries("api-key");
  const rows = PROVIDERS.map((provider) => listed(provider, good)).filter((row) =>
    all || row.status === "set"
  );
  if (json) await writeJson(terminal, rows);
  else if (rows.length > 0) await writeTable(terminal, env("NO_COLOR") === undefined, COLUMNS, rows);
  else await writeNote(terminal, "no credential is stored", "agentgazer providers set <id>");
  const [broken] = damaged;
  if (broken !== undefined) throw damagedEntry(entryName("api-key", broken));
}

function listed({ id, name, auth, base }: Provider, entries: readonly Entry[]): ListedProvider {
  const entry = entries.find((one) => one.name === id);
  return {
    id,
    name,
    auth,
    status: entry === undefined ? "none" : "set",
    endpoint: base,
    updatedAt: entry?.fields.updatedAt ?? null,
  };
}

async function remove(context: Context, id: string, yes: boolean): Promise<void> {
  const { terminal } = context.system;
  const vault = context.vault();
  // Also one that another version stored, or whose name was damaged.
  if (!vault.read().has("api-key", id)) {
    const provider = requireProvider(id);
    refuseLogin(provider, "logout");
    throw notStored(provider.name);
  }
  const name = providerById(id)?.name ?? id;
  const question = `Remove the ${name} key?`;
  if (!yes && terminal.stdin.isTerminal && !await agrees(terminal, question)) {
    throw new AppError("interrupted", "Nothing was removed");
  }
  if (!await vault.change((draft) => draft.remove("api-key", id))) throw notStored(name);
  await writeNote(terminal, `removed the ${name} key`);
}

function refuseLogin(provider: Provider, command: "login" | "logout"): void {
  if (provider.auth === "api-key") return;
  throw new AppError(
    "usage",
    `${provider.name} has no API key to keep: its credential comes from a login`,
    `agentgazer ${command} ${provider.id} (not in this version)`,
  );
}

function notStored(name: string): AppError {
  return new AppError(
    "not_found",
    `Cannot remove the ${name} key: none is stored`,
    "agentgazer providers list",
  );
}
