import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { assertOnly, checkUp } from "../../support/check_up.ts";
import { commandLine } from "../../support/command_line.ts";

const ADDRESS = "http://127.0.0.1:18900";
const MEND = 'eval "$(agentgazer env)"';

/** Written out, not computed: the variables from which SDKs and tools take a key. */
const KEYS = [
  ...["OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "CODEX_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"],
  ...["GEMINI_API_KEY", "GOOGLE_API_KEY", "MISTRAL_API_KEY", "CO_API_KEY", "COHERE_API_KEY"],
  ...["DEEPSEEK_API_KEY", "MOONSHOT_API_KEY", "KIMI_API_KEY", "ZAI_API_KEY", "ZHIPUAI_API_KEY"],
  ...["ZHIPU_API_KEY", "MINIMAX_API_KEY", "BAICHUAN_API_KEY", "YI_API_KEY"],
];

const BASES = [
  ...["OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "MISTRAL_BASE_URL", "CO_API_URL"],
  ...["DEEPSEEK_BASE_URL", "MOONSHOT_BASE_URL", "ZAI_BASE_URL", "MINIMAX_BASE_URL", "BAICHUAN_BASE_URL"],
  "YI_BASE_URL",
];

Deno.test("doctor knows every variable that the table knows", () => {
  const keys = PROVIDERS.flatMap(({ sdk }) => [...sdk.key, ...sdk.others ?? []]);
  assert.deepEqual([...new Set(keys)].sort(), KEYS.toSorted());
  assert.deepEqual([...new Set(PROVIDERS.flatMap(({ sdk }) => sdk.base))].sort(), BASES.toSorted());
});

Deno.test("doctor warns of a real key in the environment", async (t) => {
  for (const name of KEYS) {
    await t.step(name, async () => {
      using line = commandLine();
      const result = await checkUp(line, { env: { [name]: CANARY } });
      const message = new RegExp(`^${name} is no local token: tools that read it go past the proxy$`);
      assertOnly(result, "environment", "warning", message, `unset ${name}; ${MEND}`);
      assert.equal(result.code, 0);
      assertNoCanary(result.text, "doctor --json");
    });
  }
});

Deno.test("doctor warns of a base URL that leads elsewhere", async (t) => {
  const others = [
    `https://ada:${CANARY}@api.openai.com/v1`,
    `https://api.openai.com/v1?key=${CANARY}`,
    "http://127.0.0.1:18901/openai/v1",
    "http://127.0.0.1:189000/openai/v1",
    "http://127.0.0.1:18900@evil.test/openai/v1",
    "http://127.0.0.1:18900.evil.test/",
    "http://127.0.0.1:18900",
    "https://127.0.0.1:18900/openai/v1",
    CANARY,
  ];
  for (const value of others) {
    await t.step(value.replaceAll(CANARY, "…"), async () => {
      using line = commandLine();
      const result = await checkUp(line, { env: { OPENAI_BASE_URL: value } });
      const message = /^OPENAI_BASE_URL does not lead to the proxy at http:\/\/127\.0\.0\.1:18900$/;
      assertOnly(result, "environment", "warning", message, MEND);
      assertNoCanary(result.text, "doctor --json");
    });
  }
  for (const name of BASES) {
    await t.step(name, async () => {
      using line = commandLine();
      const result = await checkUp(line, { env: { [name]: "https://elsewhere.test/v1" } });
      assertOnly(result, "environment", "warning", new RegExp(`^${name} does not lead`), MEND);
    });
  }
});

Deno.test("doctor warns of a local token that would go to the real provider", async () => {
  using line = commandLine();
  const token = `agz_${CANARY}`;
  const result = await checkUp(line, { env: { ANTHROPIC_API_KEY: token } });
  const message = /^ANTHROPIC_API_KEY is a local token, but ANTHROPIC_BASE_URL is not set$/;
  assertOnly(result, "environment", "warning", message, MEND);
  assertNoCanary(result.text, "doctor --json");
});

Deno.test("doctor tells each warning once, however many providers share the variable", async (t) => {
  const rows: [env: Record<string, string>, message: string][] = [
    [{ OPENAI_API_KEY: "agz_x" }, "OPENAI_API_KEY is a local token, but OPENAI_BASE_URL is not set"],
    [{ MINIMAX_API_KEY: "x" }, "MINIMAX_API_KEY is no local token: tools that read it go past the proxy"],
    [{ ZAI_BASE_URL: "https://x.test" }, `ZAI_BASE_URL does not lead to the proxy at ${ADDRESS}`],
  ];
  for (const [env, message] of rows) {
    await t.step(message, async () => {
      using line = commandLine();
      const { troubles } = await checkUp(line, { env });
      assert.deepEqual(troubles.map((trouble) => trouble.message), [message]);
    });
  }
});

Deno.test("doctor looks at the variables although proxy.json is unsafe", async () => {
  using line = commandLine();
  await line.run(["clients", "add", "ci"]);
  Deno.writeTextFileSync(`${line.home}/proxy.json`, "{}");
  Deno.chmodSync(`${line.home}/proxy.json`, 0o644);
  const { troubles } = await checkUp(line, { env: { OPENAI_API_KEY: "real" } });
  assert.deepEqual(troubles.map(({ check, level }) => [check, level]), [
    ["files", "error"],
    ["environment", "warning"],
  ]);
});

Deno.test("doctor finds nothing wrong with what `env` prints", async (t) => {
  using line = commandLine();
  for (const { id, auth } of PROVIDERS) {
    if (auth === "api-key") await line.run(["providers", "set", id, "--force"], { stdin: ["key"] });
  }
  const env: Record<string, string> = JSON.parse((await line.run(["env", "--shell", "json"])).out);
  assert.ok(env.OPENAI_BASE_URL!.startsWith(ADDRESS));
  await t.step("all of it", async () => assert.deepEqual((await checkUp(line, { env })).troubles, []));
  await t.step("each with a real key beside", async () => {
    for (const name of Object.keys(env).filter((name) => name.endsWith("_KEY"))) {
      const { troubles } = await checkUp(line, { env: { ...env, [name]: CANARY } });
      assert.deepEqual(troubles.map(({ message }) => message.split(" ")[0]), [name]);
    }
  });
});
