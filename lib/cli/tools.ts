import type { Provider } from "../providers/table.ts";

/** Variables that a program reads to call one provider. */
export interface Reading {
  /** The ids of the providers that it can be pointed at; the first one that may be used is. */
  readonly providers: readonly string[];
  /** Variables that carry the key. */
  readonly key: readonly string[];
  /** Variables that carry the base URL. */
  readonly base: readonly string[];
  /** What it expects behind the proxy's route. */
  readonly path: string;
  /** Variables that would win over these, or send something else beside them. */
  readonly unset?: readonly string[];
}

/** A program that users point at the proxy. */
export interface Tool {
  readonly reads: readonly Reading[];
  /** What it needs beside its variables, and the text to copy. @param base the base URL */
  readonly remark?: (base: string) => readonly [message: string, hint: string];
}

const OPENAI: Reading = {
  providers: ["openai", "openai-oauth"],
  key: ["OPENAI_API_KEY"],
  base: ["OPENAI_BASE_URL"],
  path: "/v1",
};

const ANTHROPIC: Reading = {
  providers: ["anthropic", "minimax-oauth"],
  key: ["ANTHROPIC_API_KEY"],
  base: ["ANTHROPIC_BASE_URL"],
  path: "",
  unset: ["ANTHROPIC_AUTH_TOKEN"],
};

const GOOGLE: Reading = {
  providers: ["google"],
  key: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  base: ["GOOGLE_GEMINI_BASE_URL"],
  path: "",
};

/** https://ai-sdk.dev/providers/ai-sdk-providers/anthropic: it appends no `/v1` of its own. */
const AI_SDK: readonly Reading[] = [OPENAI, { ...ANTHROPIC, path: "/v1" }];

/** What programs read, other than the SDKs of the provider table. Those without a source were tried. */
export const TOOLS: Readonly<Record<string, Tool>> = {
  // https://code.claude.com/docs/en/llm-gateway; for a key it asks whether to use it, for a token it doesn't.
  "claude-code": {
    reads: [{ ...ANTHROPIC, key: ["ANTHROPIC_AUTH_TOKEN"], unset: ["ANTHROPIC_API_KEY"] }],
  },
  // No variable names the address any more: https://github.com/openai/codex/pull/16720
  codex: {
    reads: [{ ...OPENAI, key: ["AGENTGAZER_TOKEN"], base: [] }],
    remark: (base) => [
      "codex takes the address from its configuration: start it so, or put the same into ~/.codex/config.toml",
      `codex -c 'model_provider="agentgazer"' -c 'model_providers.agentgazer={name="agentgazer", ` +
      `base_url="${base}", env_key="AGENTGAZER_TOKEN", wire_api="responses"}'`,
    ],
  },
  // https://github.com/google-gemini/gemini-cli/issues/27550
  "gemini-cli": {
    reads: [GOOGLE],
    remark: () => [
      "gemini-cli also wants to be told that it uses a key, in ~/.gemini/settings.json",
      '{"security": {"auth": {"selectedType": "gemini-api-key"}}}',
    ],
  },
  opencode: { reads: AI_SDK },
  // https://qwenlm.github.io/qwen-code-docs/en/users/configuration/auth/
  "qwen-code": {
    reads: [OPENAI, { ...ANTHROPIC, providers: ["anthropic"] }, GOOGLE],
    remark: () => [
      "qwen-code also wants the name of a model in OPENAI_MODEL, ANTHROPIC_MODEL or GEMINI_MODEL",
      "export OPENAI_MODEL=<model>",
    ],
  },
  // https://aider.chat/docs/llms/openai-compat.html; the others by the library that it calls models with:
  // https://docs.litellm.ai/docs/providers/anthropic, https://docs.litellm.ai/docs/providers/deepseek. There
  // OPENAI_BASE_URL wins over OPENAI_API_BASE.
  aider: {
    reads: [
      { ...OPENAI, providers: ["openai"], base: ["OPENAI_API_BASE", "OPENAI_BASE_URL"] },
      { ...ANTHROPIC, providers: ["anthropic"], base: ["ANTHROPIC_API_BASE"] },
      { providers: ["deepseek"], key: ["DEEPSEEK_API_KEY"], base: ["DEEPSEEK_API_BASE"], path: "/beta" },
    ],
  },
  openai: { reads: [OPENAI] },
  anthropic: { reads: [ANTHROPIC] },
  "google-genai": { reads: [GOOGLE] },
  "ai-sdk": { reads: AI_SDK },
  // https://github.com/langchain-ai/langchain/tree/master/libs/partners: what wins over the usual names.
  langchain: {
    reads: [
      { ...OPENAI, unset: ["OPENAI_API_BASE"] },
      { ...ANTHROPIC, unset: ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_URL"] },
    ],
  },
};

/** What the SDK of a provider reads. */
export function sdkReading({ id, sdk: { key, base, path } }: Provider): Reading {
  return { providers: [id], key, base, path };
}
