import assert from "node:assert/strict";
import { commandMeantBy, idsMeantBy } from "../../../lib/cli/everyday_words.ts";
import { providerById } from "../../../lib/providers/table.ts";
import { commandLine } from "../../support/command_line.ts";

const UNKNOWN = "Unknown command";
const MANY = "Too many arguments";

const COMMANDS: [typed: string, message: string, hint: string][] = [
  ["set openai", UNKNOWN, "agentgazer providers set <id>"],
  ["add", UNKNOWN, "agentgazer providers set <id>"],
  ["list", UNKNOWN, "agentgazer providers list"],
  ["status --json", UNKNOWN, "agentgazer"],
  ["version --json", UNKNOWN, "agentgazer --version"],
  ["keystor move --to machine", UNKNOWN, "agentgazer keystore move --to <backend>"],
  ["test", UNKNOWN, "agentgazer providers test"],
  ["delete openai", UNKNOWN, "agentgazer providers remove <id>"],
  ["providers add openai", UNKNOWN, "agentgazer providers set <id>"],
  ["providers delete openai", UNKNOWN, "agentgazer providers remove <id>"],
  ["providers rm", UNKNOWN, "agentgazer providers remove <id>"],
  ["clients rm x", UNKNOWN, "agentgazer clients remove <name>"],
  ["clients create x", UNKNOWN, "agentgazer clients add <name>"],
  ["run", UNKNOWN, "agentgazer start"],
  ["serve --port 1", UNKNOWN, "agentgazer start"],
  ["stop", UNKNOWN, "press Ctrl-C in the terminal where `agentgazer start` runs"],
  ["openai", UNKNOWN, "agentgazer providers set openai"],
  ["openai-oauth", UNKNOWN, "agentgazer login openai-oauth"],
  ["Claude", UNKNOWN, "agentgazer providers set anthropic"],
  ["keystore move machine", "The option --to", "agentgazer keystore move --to machine"],
  ["providers list add", MANY, "agentgazer providers list --help"],
  ["constructor", UNKNOWN, "agentgazer --help"],
  ["__proto__", UNKNOWN, "agentgazer --help"],
];

Deno.test("an everyday word in place of a command gets the whole command for a hint", async (t) => {
  using box = commandLine();
  for (const [typed, message, hint] of COMMANDS) {
    await t.step(typed, async () => {
      const { code, out, err } = await box.run(typed.split(" "));
      assert.deepEqual([code, out], [2, ""]);
      if (typed.endsWith("--json")) return assert.equal(JSON.parse(err).error.hint, hint);
      assert.ok(err.startsWith(`agentgazer: error: ${message}`), err);
      assert.ok(err.endsWith(`\nagentgazer: hint: ${hint}\n`), err);
    });
  }
});

const PRODUCTS: [typed: string, hint: string][] = [
  ["claude", "did you mean `anthropic`?"],
  ["Gemini", "did you mean `google`?"],
  ["kimi", "did you mean `moonshot`?"],
  ["glm", "did you mean `zhipu` or `zhipu-coding-plan`?"],
  ["codex", "did you mean `openai-oauth`?"],
  ["gpt", "did you mean `openai`?"],
  ["chatgpt", "did you mean `openai-oauth` or `openai`?"],
  ["opnai", "did you mean `openai`?"],
  ["toString", "agentgazer providers list --all"],
];

Deno.test("the name of a product in place of a provider's id gets the id for a hint", async (t) => {
  using box = commandLine();
  for (const [typed, hint] of PRODUCTS) {
    for (const args of [["providers", "set"], ["login"], ["env", "--provider"]]) {
      await t.step([...args, typed].join(" "), async () => {
        const { code, err } = await box.run([...args, typed]);
        assert.equal(code, 2);
        assert.equal(
          err,
          `agentgazer: error: Cannot find a provider with that id\nagentgazer: hint: ${hint}\n`,
        );
      });
    }
  }
});

Deno.test("idsMeantBy() gives ids of the table, commandMeantBy() nothing for a key", () => {
  for (const [typed] of PRODUCTS) {
    for (const id of idsMeantBy(typed)) assert.ok(providerById(id), id);
  }
  assert.equal(commandMeantBy("sk-canary-12345678"), undefined);
  assert.equal(commandMeantBy(""), undefined);
});
