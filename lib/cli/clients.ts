import type { Command } from "commander";
import { AppError } from "../errors.ts";
import { PROVIDERS } from "../providers/table.ts";
import { type Client, clientFields, clientsIn, newToken } from "../vault/client.ts";
import { damagedEntry, entryName } from "../vault/envelope.ts";
import { type Context, requireProviders } from "./context.ts";
import { addExamples } from "./examples.ts";
import { parseLifetime } from "./lifetime.ts";
import { type Column, writeJson, writeNote, writeTable } from "./render.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const COLUMNS: readonly Column<Client>[] = [
  ["NAME", (row) => row.name],
  ["ALLOW", (row) => (row.allow?.join(",") ?? "all") + (row.minting ? " +minting" : "")],
  ["CREATED", (row) => row.createdAt],
  ["EXPIRES", (row) => row.expiresAt ?? "never"],
];

interface AddOptions {
  readonly allow?: readonly string[];
  readonly expires?: string;
  readonly allowMinting?: true;
}

/** Adds `clients add | list | remove`. */
export function addClientCommands(program: Command, context: Context): void {
  const clients = program.command("clients").helpCommand(false).description(
    "manage the local tokens of the proxy's callers",
  );
  const adding = clients.command("add").description("add a client and print its token")
    .argument("<name>", "letters, digits, dots, underscores and hyphens, a letter or digit first")
    .option("--allow <id...>", "the providers it may use (default: all)")
    .option("--expires <time>", "when the token ends: 15m, 12h, 30d, 2w, up to ten years (default: never)")
    .option("--allow-minting", "let it call paths that hand out further credentials")
    .action((name: string, options: AddOptions) => add(context, name, options));
  addExamples(
    adding,
    ["agentgazer clients add ci --allow openai --expires 30d", "for OpenAI alone, for 30 days"],
    ['eval "$(agentgazer env --client ci)"', "its token for the tools of this shell"],
  );
  clients.command("list").description("list the clients")
    .option("--json", "print JSON")
    .action(({ json }) => list(context, json === true));
  clients.command("remove").description("remove a client; its token ends at once")
    .argument("<name>", "the client")
    .action((name: string) => remove(context, name));
}

async function add(context: Context, name: string, options: AddOptions): Promise<void> {
  const { system } = context;
  refuseName(name);
  const allow = options.allow === undefined ? null : requireProviders(options.allow).map(({ id }) => id);
  const now = system.now();
  const lifetime = options.expires === undefined ? undefined : parseLifetime(options.expires);
  const expiresAt = lifetime === undefined ? null : new Date(now + lifetime).toISOString();
  const token = newToken(system.random);
  const minting = options.allowMinting === true;
  const fields = clientFields({ allow, expiresAt, minting }, token);
  const vault = await context.vault();
  await vault.change((draft) => {
    if (draft.has("client", name)) throw exists();
    draft.put("client", name, token, fields);
  });
  try {
    await system.terminal.out(token.reveal() + "\n");
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const mend = `the client was added; to see its token: agentgazer env --client ${name}`;
    throw new AppError(error.code, error.message, mend);
  }
}

async function list(context: Context, json: boolean): Promise<void> {
  const { terminal, env } = context.system;
  const { good, damaged } = clientsIn((await context.vault("silent")).read());
  if (json) {
    await writeJson(
      terminal,
      good.map(({ name, allow, createdAt, expiresAt, minting }) => ({
        name,
        allow,
        createdAt,
        expiresAt,
        minting,
      })),
    );
  } else if (good.length > 0) await writeTable(terminal, env("NO_COLOR") === undefined, COLUMNS, good);
  else if (damaged.length === 0) {
    await writeNote(terminal, "there are no clients yet", "agentgazer clients add <name>");
  }
  const [broken] = damaged;
  if (broken !== undefined) throw damagedEntry(entryName("client", broken));
}

async function remove(context: Context, name: string): Promise<void> {
  const vault = await context.vault();
  const missing = new AppError("not_found", "Cannot find a client with that name", "agentgazer clients list");
  if (!vault.read().has("client", name)) throw missing;
  if (!await vault.change((draft) => draft.remove("client", name))) throw missing;
  await writeNote(context.system.terminal, "removed the client; its token is no longer valid");
}

/** Names stand in the clear, so a key in the place of one must not get into the vault. */
function refuseName(name: string): void {
  const isKey = /^(sk-|agz_)/.test(name) || PROVIDERS.some((provider) => provider.keyShape?.test(name));
  if (NAME.test(name) && !isKey) return;
  throw new AppError(
    "usage",
    `Cannot add a client under that name${isKey ? ": it looks like a key" : ""}`,
    "use up to 64 letters, digits, dots, underscores and hyphens, a letter or digit first",
  );
}

function exists(): AppError {
  return new AppError(
    "usage",
    "Cannot add a client under that name: there is one already",
    "choose another name, or remove that client first: agentgazer clients remove <name>",
  );
}
