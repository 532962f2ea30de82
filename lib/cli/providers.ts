import type { Command } from "commander";
import { AppError } from "../errors.ts";
import { MAX_KEY_BYTES, parseKey } from "../providers/key.ts";
import { storeCommand } from "../providers/remedy.ts";
import { type Provider, providerById } from "../providers/table.ts";
import { type Context, requireProvider } from "./context.ts";
import { addExamples } from "./examples.ts";
import type { Secret } from "../secret.ts";
import type { Vault } from "../vault/vault.ts";
import { listProviders } from "./list_providers.ts";
import { agrees, askHidden, readAll } from "./prompt.ts";
import { requireRegion } from "./regions.ts";
import { testProviders } from "./test_providers.ts";
import { writeNote } from "./render.ts";

interface SetOptions {
  readonly force?: true;
  readonly region?: string;
}

/** Adds `providers set | list | remove`. */
export function addProviderCommands(program: Command, context: Context): void {
  const providers = program.command("providers").helpCommand(false).description("store and list API keys");
  const setting = providers.command("set").description(
    "store an API key; without [key] it is asked for, or read from stdin",
  )
    .argument("<id>", "the provider, such as openai")
    .argument("[key]", "the key, or - for stdin")
    .option("--region <region>", "where the key is valid: moonshot, zhipu and minimax have several")
    .option("--force", "store it although its shape speaks against it")
    .action((id: string, key: string | undefined, options: SetOptions) => set(context, id, key, options));
  addExamples(
    setting,
    ["agentgazer providers set anthropic", "a hidden prompt"],
    ["agentgazer providers set anthropic < key.txt", "from a file; any pipe will do"],
    ["agentgazer providers set moonshot --region global", "a key of api.moonshot.ai"],
  );
  providers.command("list").description("list the providers that have a credential")
    .option("--all", "list all providers")
    .option("--json", "print JSON")
    .action(({ all, json }) => listProviders(context, all === true, json === true));
  const testing = providers.command("test").description(
    "ask the providers whether the stored credentials are valid; costs nothing",
  )
    .argument("[id...]", "only these providers (default: all that have a credential)")
    .option("--json", "print JSON")
    .action((ids: readonly string[], { json }) => testProviders(context, ids, json === true));
  addExamples(
    testing,
    ["agentgazer providers test", "all that have a credential"],
    ["agentgazer providers test openai mistral", "these two"],
  );
  providers.command("remove").description("remove a stored API key")
    .argument("<id>", "the provider")
    .option("--yes", "do not ask")
    .action((id: string, { yes }) => remove(context, id, yes === true));
}

async function set(
  context: Context,
  id: string,
  typed: string | undefined,
  { force, region }: SetOptions,
): Promise<void> {
  const { terminal } = context.system;
  const provider = requireProvider(id);
  refuseLogin(provider);
  const chosen = region === undefined ? undefined : requireRegion(provider, region);
  const vault = await context.vault();
  const asks = typed === undefined && terminal.stdin.isTerminal;
  const keeps = asks && chosen !== undefined && vault.read().has("api-key", provider.id);
  if (asks) await refuseClosed(context, vault);
  const text = await getKey(context, provider, typed, keeps);
  const key = keeps && text === "" ? undefined : parseKey(provider, text, force === true);
  await vault.unlock();
  await store(context, vault, provider, key, chosen);
  const goes = provider.regions === undefined ? "" : `; it goes to ${context.regions().baseOf(provider)}`;
  await writeNote(terminal, `${key === undefined ? "kept" : "stored"} the ${provider.name} key${goes}`);
  if (typed !== undefined && typed !== "-") {
    await writeNote(
      terminal,
      "the key was on the command line, where other programs and your shell's history can see it",
      `next time: agentgazer providers set ${provider.id} < file`,
    );
  }
}

/** Looks whether a key could be stored, so that nobody pastes one for nothing. Makes no vault. */
async function refuseClosed(context: Context, vault: Vault): Promise<void> {
  if (vault.exists()) await vault.unlock();
  else await context.keyStores(context.home(), "asking").forNewVault();
}

/** Stores the region first, so that a key never stands without the one that it was given with, and both or neither. */
async function store(
  context: Context,
  vault: Vault,
  provider: Provider,
  key: Secret | undefined,
  region: string | undefined,
): Promise<void> {
  const undo = region === undefined ? undefined : await context.regions().set(provider, region);
  try {
    if (key !== undefined) await vault.change((draft) => draft.put("api-key", provider.id, key));
  } catch (error) {
    await undo?.();
    throw error;
  }
}

/** @param keeps whether an empty answer keeps the key that is stored */
async function getKey(
  { system }: Context,
  provider: Provider,
  typed: string | undefined,
  keeps: boolean,
): Promise<string> {
  if (typed !== undefined && typed !== "-") return typed;
  if (typed === undefined && system.terminal.stdin.isTerminal) {
    const remark = keeps ? "not shown; Enter keeps the stored one" : "not shown";
    return await askHidden(system, `${provider.name} API key (${remark}): `);
  }
  const text = await readAll(system.terminal, MAX_KEY_BYTES + 2);
  if (text !== "") return text;
  throw new AppError(
    "usage",
    `Cannot store the ${provider.name} key: stdin is empty`,
    `agentgazer providers set ${provider.id} < key.txt`,
  );
}

async function remove(context: Context, id: string, yes: boolean): Promise<void> {
  const { terminal } = context.system;
  const vault = await context.vault();
  // Also one that another version stored, or whose name was damaged.
  const kind = (["api-key", "login"] as const).find((one) => vault.read().has(one, id));
  if (kind === undefined) throw notStored(requireProvider(id).name);
  const name = providerById(id)?.name ?? id;
  if (kind === "login") {
    throw new AppError("usage", `The ${name} credential is a login`, `agentgazer logout ${id}`);
  }
  const question = `Remove the ${name} key?`;
  if (!yes && terminal.stdin.isTerminal && !await agrees(context.system, question)) {
    throw new AppError("interrupted", "Nothing was removed");
  }
  if (!await vault.change((draft) => draft.remove(kind, id))) throw notStored(name);
  await writeNote(terminal, `removed the ${name} key`);
}

function refuseLogin(provider: Provider): void {
  if (provider.auth === "api-key") return;
  throw new AppError(
    "usage",
    provider.auth === "guided"
      ? `Cannot store a key here for ${provider.name}: its key is stored by a login`
      : `Cannot store a key for ${provider.name}: it takes a login`,
    storeCommand(provider),
  );
}

function notStored(name: string): AppError {
  return new AppError(
    "not_found",
    `Cannot remove the ${name} credential: none is stored`,
    "agentgazer providers list",
  );
}
