import { AppError } from "../errors.ts";
import { PROVIDERS } from "../providers/table.ts";
import { credentialEntry, credentialKind } from "../vault/contents.ts";
import { loginFields } from "../vault/login.ts";
import type { Vault } from "../vault/vault.ts";
import type { Context } from "./context.ts";
import { type Example, exampleLines } from "./examples.ts";
import { type RunningProxy, runningProxy } from "./running_proxy.ts";

const FIRST: readonly Example[] = [
  ["agentgazer providers set <id>", "store an API key, such as that of openai"],
  ["agentgazer login openai-oauth", "log in to a subscription plan"],
  ["agentgazer providers list --all", "the ids of all providers"],
];

const START: Example = ["agentgazer start", "run the proxy, in a terminal of its own"];

const USE: readonly Example[] = [
  ['eval "$(agentgazer env)"', "point the tools of this shell at it"],
  ["agentgazer env --for claude-code", "print what one tool reads"],
];

const CHECK: Example = ["agentgazer doctor", "check everything"];

const HELP: Example = ["agentgazer --help", "list all commands"];

const OFF: Example = ["agentgazer doctor", "something is wrong here: say what, and how to mend it"];

/** Says what there is and what to do next. Needs no keystore. */
export async function overview(context: Context): Promise<void> {
  const vault = await context.vault("silent");
  const contents = vault.read();
  const stored = PROVIDERS.filter((provider) => credentialKind(contents, provider) !== undefined);
  const damaged = stored.filter((provider) => credentialEntry(contents, provider) === undefined);
  const credentials = stored.map((one) => damaged.includes(one) ? `${one.id} (damaged)` : one.id);
  const running = await runningProxy(context.system, context.home());
  const ended = contents.entries("login").good
    .filter(({ fields }) => loginFields(fields).lastError?.permanent)
    .map(({ name }): Example => [`agentgazer login ${name}`, "log in again: this login has ended"]);
  const next = stored.length === 0 ? FIRST : [...ended, ...running === undefined ? [START] : USE];
  const isOff = damaged.length > 0 || !canStart(context, vault);
  await context.system.terminal.out([
    `agentgazer ${context.version}`,
    `Credentials: ${credentials.join(", ") || "none yet"}`,
    `Proxy:       ${running === undefined ? "not running" : whereOf(running)}`,
    "",
    "Next:",
    exampleLines(isOff ? [OFF, ...next, HELP] : [...next, CHECK, HELP]),
    "",
  ].join("\n"));
}

/** Whether the settings let `start` use the vault. */
function canStart(context: Context, vault: Vault): boolean {
  try {
    vault.checkBackend();
    const regions = context.regions();
    for (const provider of PROVIDERS) regions.of(provider);
    return true;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return false;
  }
}

function whereOf({ url, isOurs }: RunningProxy): string {
  return isOurs ? `listens on ${url}` : `listens on ${url}, perhaps for another vault`;
}
