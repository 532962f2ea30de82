import { PROVIDERS } from "../providers/table.ts";
import { credentialKind } from "../vault/contents.ts";
import { loginFields } from "../vault/login.ts";
import type { Context } from "./context.ts";
import { type Example, exampleLines } from "./examples.ts";
import { runningAddress } from "./proxy_file.ts";

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

const REST: readonly Example[] = [
  ["agentgazer doctor", "check everything"],
  ["agentgazer --help", "list all commands"],
];

/** Says what there is and what to do next. Needs no keystore. */
export async function overview(context: Context): Promise<void> {
  const contents = (await context.vault("silent")).read();
  const stored = PROVIDERS.filter((provider) => credentialKind(contents, provider) !== undefined);
  const running = runningAddress(context.home());
  const ended = contents.entries("login").good
    .filter(({ fields }) => loginFields(fields).lastError?.permanent)
    .map(({ name }): Example => [`agentgazer login ${name}`, "log in again: this login has ended"]);
  const next = stored.length === 0 ? FIRST : [...ended, ...running === undefined ? [START] : USE];
  await context.system.terminal.out([
    `agentgazer ${context.version}`,
    `Credentials: ${stored.length === 0 ? "none yet" : stored.map(({ id }) => id).join(", ")}`,
    `Proxy:       ${running === undefined ? "not running" : `listens on ${running}`}`,
    "",
    "Next:",
    exampleLines([...next, ...REST]),
    "",
  ].join("\n"));
}
