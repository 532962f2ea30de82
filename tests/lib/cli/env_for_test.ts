import assert from "node:assert/strict";
import { TOOLS } from "../../../lib/cli/tools.ts";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { type CommandLine, commandLine } from "../../support/command_line.ts";

const PROXY = "http://127.0.0.1:18900";
/** What is said while nobody listens. */
const NO_PROXY = "agentgazer: no proxy is running yet\nagentgazer: hint: agentgazer start\n";

const TOKEN = /^agz_[\w-]{43}$/;

/** Stores a key or a login of each of these. */
async function holding(box: CommandLine, ids: readonly string[]): Promise<void> {
  for (const id of ids) assert.equal((await box.run(["providers", "set", id, "k-1"])).code, 0, id);
}

/** What is printed for a tool, with the token taken for what it is. */
async function printed(box: CommandLine, ...args: string[]) {
  const { code, out, err } = await box.run(["env", "--for", ...args]);
  assert.equal(code, 0, err);
  return { lines: out.replaceAll(/agz_[\w-]{43}/g, "TOKEN").trimEnd().split("\n"), err };
}

const ALL: [tool: string, lines: string[]][] = [
  ["claude-code", [
    "unset ANTHROPIC_API_KEY",
    "export ANTHROPIC_AUTH_TOKEN='TOKEN'",
    `export ANTHROPIC_BASE_URL='${PROXY}/anthropic'`,
  ]],
  ["codex", ["export AGENTGAZER_TOKEN='TOKEN'"]],
  ["gemini-cli", [
    "export GEMINI_API_KEY='TOKEN'",
    "export GOOGLE_API_KEY='TOKEN'",
    `export GOOGLE_GEMINI_BASE_URL='${PROXY}/google'`,
  ]],
  ["opencode", [
    "unset ANTHROPIC_AUTH_TOKEN",
    "export OPENAI_API_KEY='TOKEN'",
    `export OPENAI_BASE_URL='${PROXY}/openai/v1'`,
    "export ANTHROPIC_API_KEY='TOKEN'",
    `export ANTHROPIC_BASE_URL='${PROXY}/anthropic/v1'`,
  ]],
  ["aider", [
    "unset ANTHROPIC_AUTH_TOKEN",
    "export OPENAI_API_KEY='TOKEN'",
    `export OPENAI_API_BASE='${PROXY}/openai/v1'`,
    `export OPENAI_BASE_URL='${PROXY}/openai/v1'`,
    "export ANTHROPIC_API_KEY='TOKEN'",
    `export ANTHROPIC_API_BASE='${PROXY}/anthropic'`,
    "export DEEPSEEK_API_KEY='TOKEN'",
    `export DEEPSEEK_API_BASE='${PROXY}/deepseek/beta'`,
  ]],
  ["langchain", [
    "unset OPENAI_API_BASE",
    "unset ANTHROPIC_AUTH_TOKEN",
    "unset ANTHROPIC_API_URL",
    "export OPENAI_API_KEY='TOKEN'",
    `export OPENAI_BASE_URL='${PROXY}/openai/v1'`,
    "export ANTHROPIC_API_KEY='TOKEN'",
    `export ANTHROPIC_BASE_URL='${PROXY}/anthropic'`,
  ]],
  ["openai", ["export OPENAI_API_KEY='TOKEN'", `export OPENAI_BASE_URL='${PROXY}/openai/v1'`]],
];

Deno.test("env --for prints what a tool reads, and nothing else", async (t) => {
  using box = commandLine();
  await holding(box, ["openai", "anthropic", "google", "deepseek", "mistral"]);
  for (const [tool, lines] of ALL) {
    await t.step(tool, async () => assert.deepEqual((await printed(box, tool)).lines, lines));
  }
  await t.step("in fish", async () => {
    const { lines } = await printed(box, "claude-code", "--shell", "fish");
    assert.deepEqual(lines.slice(0, 2), ["set -e ANTHROPIC_API_KEY", "set -gx ANTHROPIC_AUTH_TOKEN 'TOKEN'"]);
  });
  await t.step("as JSON, without what is to be unset", async () => {
    const { out } = await box.run(["env", "--for", "claude-code", "--shell", "json"]);
    const variables = JSON.parse(out);
    assert.deepEqual(Object.keys(variables), ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"]);
    assert.match(variables.ANTHROPIC_AUTH_TOKEN, TOKEN);
  });
});

Deno.test("env --for points at the first provider that the tool can use and that has a credential", async (t) => {
  using box = commandLine();
  await holding(box, ["google"]);
  await t.step("none", async () => {
    const { code, out, err } = await box.run(["env", "--for", "claude-code"]);
    assert.deepEqual([code, out], [0, ""]);
    assert.equal(
      err,
      "agentgazer: no credential is stored that this tool can use\n" +
        "agentgazer: hint: agentgazer providers set anthropic\n",
    );
  });
  await t.step("the second", async () => {
    const { lines } = await printed(box, "claude-code", "--provider", "minimax-oauth");
    assert.equal(lines.at(-1), `export ANTHROPIC_BASE_URL='${PROXY}/minimax-oauth'`);
  });
  await t.step("one that the client may not use is passed over", async () => {
    await holding(box, ["anthropic", "openai"]);
    await box.run(["clients", "add", "ci", "--allow", "openai"]);
    const { lines } = await printed(box, "opencode", "--client", "ci");
    assert.deepEqual(lines, [
      "export OPENAI_API_KEY='TOKEN'",
      `export OPENAI_BASE_URL='${PROXY}/openai/v1'`,
    ]);
  });
});

Deno.test("env --for says what a tool needs beside its variables, on stderr", async () => {
  using box = commandLine();
  await holding(box, ["openai", "google"]);
  const codex = (await printed(box, "codex")).err;
  assert.ok(codex.includes(`agentgazer: hint: codex -c 'model_provider="agentgazer"' -c 'model_providers.`));
  assert.ok(codex.includes(`base_url="${PROXY}/openai/v1", env_key="AGENTGAZER_TOKEN"`), codex);
  const plan = (await printed(box, "codex", "--provider", "openai-oauth")).err;
  assert.ok(plan.includes(`base_url="${PROXY}/openai-oauth/v1"`), plan);
  assert.match((await printed(box, "gemini-cli")).err, /hint: \{"security"/);
  assert.equal((await printed(box, "openai")).err, NO_PROXY);
});

const REFUSED: [args: string[], says: RegExp][] = [
  [["--for", "claude"], /Cannot use the value of --for\nagentgazer: hint: use one of claude-code, /],
  [["--for", "sk-canary-12345678"], /Cannot use the value of --for/],
  [["--for"], /needs a value/],
  [
    ["--for", "codex", "--provider", "mistral"],
    /Cannot point codex at Mistral\n.*it can use openai, openai-oauth\n/,
  ],
  [["--for", "gemini-cli", "--provider", "google", "openai"], /Cannot point gemini-cli at OpenAI/],
];

Deno.test("env --for refuses what no tool is or can, and repeats nothing", async (t) => {
  using box = commandLine();
  for (const [args, says] of REFUSED) {
    await t.step(args.join(" "), async () => {
      const { code, out, err } = await box.run(["env", ...args]);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, says);
      assert.ok(!err.includes("canary"));
    });
  }
});

Deno.test("every tool reads a key, and providers that there are", () => {
  const ids = PROVIDERS.map(({ id }) => id);
  for (const [name, { reads }] of Object.entries(TOOLS)) {
    assert.match(name, /^[a-z][a-z-]+$/);
    for (const { providers, key, base, path } of reads) {
      assert.ok(providers.length > 0 && providers.every((id) => ids.includes(id)), name);
      assert.ok(key.length > 0, name);
      for (const variable of [...key, ...base]) assert.match(variable, /^[A-Z][A-Z_]+$/);
      assert.match(path, /^(\/[a-z0-9]+)*$/);
    }
  }
});
