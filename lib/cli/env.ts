import { type Command, Option } from "commander";
import { AppError } from "../errors.ts";
import { type Provider, PROVIDERS } from "../providers/table.ts";
import type { Secret } from "../secret.ts";
import { clientFields, DEFAULT_CLIENT, isExpired, newToken, parseClient } from "../vault/client.ts";
import { credentialKind } from "../vault/contents.ts";
import type { Vault } from "../vault/vault.ts";
import { type Context, requireProvider } from "./context.ts";
import { readAddress } from "./proxy_file.ts";
import { writeJson, writeNote } from "./render.ts";

/** How each shell sets a variable for the programs it starts. */
const SHELLS = {
  posix: (name: string, value: string) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`,
  fish: (name: string, value: string) => `set -gx ${name} '${value.replaceAll(/['\\]/g, "\\$&")}'\n`,
};

interface EnvOptions {
  readonly shell: keyof typeof SHELLS | "json";
  readonly provider?: readonly string[];
  readonly client: string;
}

/** Adds `env`. */
export function addEnvCommand(program: Command, context: Context): void {
  program.command("env")
    .description('print the variables that point SDKs at the proxy: eval "$(agentgazer env)"')
    .addOption(
      new Option("--shell <shell>", "the syntax").choices([...Object.keys(SHELLS), "json"]).default("posix"),
    )
    .option("--provider <id...>", "only these providers (default: all that have a credential)")
    .option("--client <name>", "whose token", DEFAULT_CLIENT)
    .action((options: EnvOptions) => env(context, options));
}

async function env(context: Context, { shell, provider, client }: EnvOptions): Promise<void> {
  const { terminal } = context.system;
  const asked = provider?.map(requireProvider);
  const vault = await context.vault();
  const token = await tokenOf(context, vault, client);
  const contents = vault.read();
  const { allow } = parseClient(contents.entry("client", client)!);
  const providers = PROVIDERS.filter((row) =>
    asked?.includes(row) ??
      (credentialKind(contents, row) !== undefined && allow?.includes(row.id) !== false)
  );
  const variables = variablesFor(providers, token, readAddress(context.home()));
  if (shell === "json") await writeJson(terminal, Object.fromEntries(variables));
  else await terminal.out([...variables].map(([name, value]) => SHELLS[shell](name, value)).join(""));
  if (providers.length === 0) {
    await writeNote(
      terminal,
      "no credential is stored, so there is nothing to point at",
      "agentgazer providers set <id>",
    );
  }
}

/** The variables that the providers' SDKs read. The first provider that wants a variable gets it. */
function variablesFor(providers: readonly Provider[], token: Secret, address: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const { id, sdk } of providers) {
    if ([...sdk.key, ...sdk.base].some((name) => variables.has(name))) continue;
    for (const name of sdk.key) variables.set(name, token.reveal());
    for (const name of sdk.base) variables.set(name, `${address}/${id}${sdk.path}`);
  }
  return variables;
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
  if (entry !== undefined && isExpired(parseClient(entry), system.now())) {
    throw new AppError(
      "refused",
      "Cannot use that client: its token has expired",
      "remove it and add it again: agentgazer clients remove <name>",
    );
  }
  const token = await vault.open("client", name);
  if (token !== undefined) return token;
  throw new AppError("not_found", "Cannot find a client with that name", "agentgazer clients list");
}
