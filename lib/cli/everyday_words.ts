import { storeCommand } from "../providers/remedy.ts";
import { providerById } from "../providers/table.ts";
import { BACKENDS } from "../vault/keystore.ts";

/** What people call the providers, and the ids of those that they may mean. */
const PROVIDERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["chatgpt", ["openai-oauth", "openai"]],
  ["claude", ["anthropic"]],
  ["codex", ["openai-oauth"]],
  ["gemini", ["google"]],
  ["glm", ["zhipu", "zhipu-coding-plan"]],
  ["gpt", ["openai"]],
  ["kimi", ["moonshot"]],
]);

const SET = "agentgazer providers set <id>";
const REMOVE = "agentgazer providers remove <id>";

/** What people type, and the command that they mean. */
const COMMANDS: ReadonlyMap<string, string> = new Map([
  ["add", SET],
  ["set", SET],
  ["list", "agentgazer providers list"],
  ["ls", "agentgazer providers list"],
  ["test", "agentgazer providers test"],
  ["remove", REMOVE],
  ["rm", REMOVE],
  ["delete", REMOVE],
  ["providers add", SET],
  ["providers ls", "agentgazer providers list"],
  ["providers rm", REMOVE],
  ["providers delete", REMOVE],
  ["clients create", "agentgazer clients add <name>"],
  ["clients ls", "agentgazer clients list"],
  ["clients rm", "agentgazer clients remove <name>"],
  ["clients delete", "agentgazer clients remove <name>"],
  ["status", "agentgazer"],
  ["version", "agentgazer --version"],
  ["run", "agentgazer start"],
  ["serve", "agentgazer start"],
  ["stop", "press Ctrl-C in the terminal where `agentgazer start` runs"],
  ...BACKENDS.map((name) => [`keystore move ${name}`, `agentgazer keystore move --to ${name}`] as const),
]);

/** The ids of the providers that a word may stand for. */
export function idsMeantBy(word: string): readonly string[] {
  return PROVIDERS.get(word.toLowerCase()) ?? [];
}

/** What to type in place of these words, if they are known. */
export function commandMeantBy(words: string): string | undefined {
  const provider = providerById(idsMeantBy(words)[0] ?? words);
  return provider === undefined ? COMMANDS.get(words) : storeCommand(provider);
}
