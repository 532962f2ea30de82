import { type Command, Option } from "commander";
import { AppError } from "../errors.ts";
import { storeCommand } from "../providers/remedy.ts";
import { type Provider, providerById, PROVIDERS } from "../providers/table.ts";
import type { Secret } from "../secret.ts";
import { clientFields, DEFAULT_CLIENT, isExpired, newToken, parseClient, renewal } from "../vault/client.ts";
import { credentialKind } from "../vault/contents.ts";
import type { Vault } from "../vault/vault.ts";
import { type Context, requireProviders } from "./context.ts";
import { addExamples } from "./examples.ts";
import { DEFAULT_ADDRESS } from "./proxy_file.ts";
import { writeJson, writeNote } from "./render.ts";
import { runningProxy } from "./running_proxy.ts";
import { SHELLS } from "./shells.ts";
import { type Reading, sdkReading, type Tool, TOOLS } from "./tools.ts";

interface EnvOptions {
  readonly for?: string;
  readonly shell: keyof typeof SHELLS | "json";
  readonly provider?: readonly string[];
  readonly client: string;
}

/** Adds `env`. */
export function addEnvCommand(program: Command, context: Context): void {
  const printing = program.command("env")
    .description("print the variables that point tools at the proxy")
    .addOption(
      new Option("--for <tool>", "only what this tool reads (default: what the SDKs read)").choices(
        Object.keys(TOOLS),
      ),
    )
    .addOption(
      new Option("--shell <shell>", "the syntax").choices([...Object.keys(SHELLS), "json"]).default("posix"),
    )
    .option("--provider <id...>", "only these providers (default: all that have a credential)")
    .option("--client <name>", "whose token", DEFAULT_CLIENT)
    .action((options: EnvOptions) => env(context, options));
  addExamples(
    printing,
    ['eval "$(agentgazer env)"', "bash and zsh"],
    ["agentgazer env --shell fish | source", "fish"],
    ['eval "$(agentgazer env --for claude-code)"', "what Claude Code reads"],
  );
}

async function env(context: Context, options: EnvOptions): Promise<void> {
  const { shell, provider, client } = options;
  const { terminal } = context.system;
  const home = context.home();
  const asked = provider && requireProviders(provider);
  const tool = options.for === undefined ? undefined : TOOLS[options.for]!;
  const readings = tool?.reads ?? PROVIDERS.map(sdkReading);
  if (asked !== undefined) refuseUnread(asked, readings, options.for);
  const vault = await context.vault();
  const token = await tokenOf(context, vault, client);
  const contents = vault.read();
  const { allow } = parseClient(contents.entry("client", client)!);
  const isStored = (row: Provider) => credentialKind(contents, row) !== undefined;
  const isAllowed = (row: Provider) => allow?.includes(row.id) !== false;
  const usable = PROVIDERS.filter((row) => asked?.includes(row) ?? (isStored(row) && isAllowed(row)));
  const running = await runningProxy(context.system, home);
  const found = pointed(readings, usable.map(({ id }) => id), running?.url ?? DEFAULT_ADDRESS);
  const variables = variablesFor(found, token);
  if (shell === "json") await writeJson(terminal, Object.fromEntries(variables));
  else {
    const { set, unset } = SHELLS[shell];
    const gone = found.flatMap(({ unset = [] }) => unset).filter((name) => !variables.has(name));
    await terminal.out([
      ...gone.map(unset),
      ...[...variables].map(([name, value]) => set(name, value)),
    ].join(""));
  }
  const [first] = found;
  if (first === undefined) {
    // The client may use none of these, or it would have been taken.
    const refused = PROVIDERS.filter((row) => isRead(row, readings) && isStored(row));
    return await writeNote(terminal, ...refused.length > 0 ? notFor(client, refused) : nothingFor(tool));
  }
  if (tool?.remark !== undefined) await writeNote(terminal, ...tool.remark(first.url));
  for (const row of asked ?? []) {
    if (!isAllowed(row)) await writeNote(terminal, ...notFor(client, [row]));
    else if (!isStored(row)) {
      await writeNote(terminal, `no credential of ${row.name} is stored`, storeCommand(row));
    }
  }
  if (running === undefined) await writeNote(terminal, "no proxy is running yet", "agentgazer start");
  else if (!running.isOurs) await writeNote(terminal, `the proxy at ${running.url} may be of another vault`);
}

/** A {@linkcode Reading} whose provider has been picked. */
type Pointed = Reading & { readonly url: string };

/** Picks the provider of each reading. The first that wants a variable gets it. */
function pointed(readings: readonly Reading[], usable: readonly string[], address: string): Pointed[] {
  const taken = new Set<string>();
  return readings.flatMap((reading) => {
    const id = reading.providers.find((one) => usable.includes(one));
    const names = [...reading.key, ...reading.base];
    if (id === undefined || names.some((name) => taken.has(name))) return [];
    for (const name of names) taken.add(name);
    return [{ ...reading, url: `${address}/${id}${reading.path}` }];
  });
}

function variablesFor(found: readonly Pointed[], token: Secret): Map<string, string> {
  const variables = new Map<string, string>();
  for (const { key, base, url } of found) {
    for (const name of key) variables.set(name, token.reveal());
    for (const name of base) variables.set(name, url);
  }
  return variables;
}

/** @throws {AppError} `usage` for a provider that the tool can't be pointed at */
function refuseUnread(asked: readonly Provider[], readings: readonly Reading[], tool?: string): void {
  const unread = asked.find((row) => !isRead(row, readings));
  if (unread === undefined) return;
  const known = readings.flatMap(({ providers }) => providers);
  throw new AppError(
    "usage",
    `Cannot point ${tool} at ${unread.name}`,
    `it can use ${known.join(", ")}`,
  );
}

function isRead({ id }: Provider, readings: readonly Reading[]): boolean {
  return readings.some(({ providers }) => providers.includes(id));
}

function notFor(client: string, refused: readonly Provider[]): [message: string, hint: string] {
  const names = refused.map(({ name }) => name).join(", ");
  const ids = refused.map(({ id }) => id).join(" ");
  return [
    `the client "${client}" may not use ${names}`,
    `make a client that may: agentgazer clients add <new name> --allow ${ids}`,
  ];
}

function nothingFor(tool: Tool | undefined): [message: string, hint: string] {
  if (tool === undefined) {
    return ["no credential is stored, so there is nothing to point at", "agentgazer providers set <id>"];
  }
  const first = providerById(tool.reads[0]!.providers[0]!)!;
  return ["no credential is stored that this tool can use", storeCommand(first)];
}

/** Opens the client's token; the default client is made on first use. */
async function tokenOf({ system }: Context, vault: Vault, name: string): Promise<Secret> {
  if (name === DEFAULT_CLIENT && !vault.read().has("client", name)) {
    const token = newToken(system.random);
    const fields = clientFields({ allow: null, expiresAt: null, minting: false }, token);
    await vault.change((draft) => {
      if (!draft.has("client", name)) draft.put("client", name, token, fields);
    });
  }
  const entry = vault.read().entry("client", name);
  const known = entry && parseClient(entry);
  if (known !== undefined && isExpired(known, system.now())) {
    throw new AppError("refused", "Cannot use that client: its token has expired", renewal(known));
  }
  const token = await vault.open("client", name);
  if (token !== undefined) return token;
  throw new AppError(
    "not_found",
    "Cannot find a client with that name",
    "agentgazer clients list, or agentgazer clients add <name>",
  );
}
