/** How a provider wants its credential: which header carries it. */
export type CredentialHeader = "bearer" | "x-api-key" | "x-goog-api-key";

/** Whose error bodies a provider's SDK understands. */
export type ErrorDialect = "openai" | "anthropic" | "google";

/** How a user gets a credential: a key from the provider's page, or `agentgazer login`. */
export type AuthKind = "api-key" | "oauth" | "guided";

/** What `agentgazer env` prints so that the provider's SDK calls the proxy. */
export interface SdkVariables {
  /** Variables that carry the API key. */
  readonly key: readonly string[];
  /** Variables that carry the base URL. */
  readonly base: readonly string[];
  /** What the SDK expects behind the proxy's route, such as `/v1`. */
  readonly path: string;
  /** Further variables from which tools take a credential of this provider, past the proxy. */
  readonly others?: readonly string[];
}

/** A call that costs nothing and shows whether a credential is valid. */
export interface CheckCall {
  readonly method: "GET" | "POST";
  /** Path and query, from the root of the host. */
  readonly path: string;
}

/** One LLM service, and everything the program knows of it. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly auth: AuthKind;
  /** The hosts that may receive the credential: https, port 443, exactly these names. */
  readonly hosts: readonly string[];
  /** Where requests go unless a region is set; a route's path is appended to it. */
  readonly base: string;
  /** Other places of the same service, by the name of their region; keys of one are not valid in another. */
  readonly regions?: Readonly<Record<string, string>>;
  readonly check: CheckCall;
  /** When present, the credential goes only to these paths and, behind a final `/`, what is below. */
  readonly paths?: readonly string[];
  /** Paths that belong to this provider first, on hosts that another row lists too. */
  readonly ownPaths?: readonly string[];
  /** Whether another row lists one of these hosts too, so that the path must be unambiguous. */
  readonly sharesHosts?: true;
  /** A path that stock SDKs ask for, and the one the service has for it. */
  readonly alias?: { readonly from: string; readonly to: string };
  readonly header: CredentialHeader;
  /** Paths, and all below them, that want the credential as Bearer whatever `header` says. */
  readonly bearerPaths?: readonly string[];
  /** The servers that log in to this provider; they get tokens only to renew or to revoke them. */
  readonly loginHosts?: readonly string[];
  /** The headers that go with the token of a login, from the claims in it. */
  readonly accountHeaders?: {
    /** Names the account. */
    readonly id: string;
    /** Is `true` for an account under FedRAMP. */
    readonly fedramp: string;
  };
  /** The header in which the service wants to know the program that calls; User-Agent then names it too. */
  readonly programHeader?: string;
  /** Headers that are added when the client sent none. */
  readonly defaultHeaders?: Readonly<Record<string, string>>;
  readonly errors: ErrorDialect;
  /**
   * Paths, and all below them, that hand out or administer further credentials. `*` stands for one segment.
   * OpenAI and Anthropic: the paths of their SDKs that answer with a key, secret or token.
   * Gemini: https://ai.google.dev/gemini-api/docs/ephemeral-tokens
   */
  readonly minting?: readonly string[];
  /** Matches keys that are this provider's and no other's. */
  readonly keyShape?: RegExp;
  /** Matches keys that administer the account rather than call models. */
  readonly adminKeyShape?: RegExp;
  readonly sdk: SdkVariables;
}

/** Every provider; an earlier row wins where two set the same SDK variable. */
export const PROVIDERS: readonly Provider[] = [
  {
    id: "openai",
    name: "OpenAI",
    auth: "api-key",
    hosts: ["api.openai.com"],
    base: "https://api.openai.com",
    check: { method: "GET", path: "/v1/models" },
    header: "bearer",
    errors: "openai",
    minting: [
      "/v1/organization",
      "/v1/realtime/client_secrets",
      "/v1/realtime/sessions",
      "/v1/realtime/transcription_sessions",
      "/v1/realtime/translations/client_secrets",
      "/v1/chatkit/sessions",
      "/v1/webhook_endpoints",
    ],
    keyShape: /^sk-(proj|svcacct|service|admin)-|T3BlbkFJ/,
    adminKeyShape: /^sk-admin-/,
    sdk: { key: ["OPENAI_API_KEY"], base: ["OPENAI_BASE_URL"], path: "/v1", others: ["OPENAI_ADMIN_KEY"] },
  },
  {
    id: "openai-oauth",
    name: "OpenAI Codex",
    auth: "oauth",
    hosts: ["chatgpt.com"],
    base: "https://chatgpt.com/backend-api/codex",
    check: { method: "GET", path: "/backend-api/wham/usage" },
    paths: ["/backend-api/codex/", "/backend-api/wham/usage"],
    alias: { from: "/v1/responses", to: "/responses" },
    header: "bearer",
    loginHosts: ["auth.openai.com"],
    accountHeaders: { id: "chatgpt-account-id", fedramp: "x-openai-fedramp" },
    programHeader: "originator",
    errors: "openai",
    sdk: { key: ["OPENAI_API_KEY"], base: ["OPENAI_BASE_URL"], path: "/v1", others: ["CODEX_API_KEY"] },
  },
  {
    id: "anthropic",
    name: "Anthropic",
    auth: "api-key",
    hosts: ["api.anthropic.com"],
    base: "https://api.anthropic.com",
    check: { method: "GET", path: "/v1/models" },
    header: "x-api-key",
    defaultHeaders: { "anthropic-version": "2023-06-01" },
    errors: "anthropic",
    minting: ["/v1/organizations", "/v1/oauth", "/v1/tunnels"],
    keyShape: /^sk-ant-/,
    adminKeyShape: /^sk-ant-admin/,
    sdk: {
      key: ["ANTHROPIC_API_KEY"],
      base: ["ANTHROPIC_BASE_URL"],
      path: "",
      others: ["ANTHROPIC_AUTH_TOKEN"],
    },
  },
  {
    id: "google",
    name: "Google Gemini",
    auth: "api-key",
    hosts: ["generativelanguage.googleapis.com"],
    base: "https://generativelanguage.googleapis.com",
    check: { method: "GET", path: "/v1beta/models?pageSize=1" },
    header: "x-goog-api-key",
    bearerPaths: ["/v1beta/openai"],
    errors: "google",
    minting: ["/*/auth_tokens"],
    keyShape: /^AIza[\w-]{35}$|^AQ\./,
    sdk: {
      key: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
      base: ["GOOGLE_GEMINI_BASE_URL"],
      path: "",
    },
  },
  {
    id: "mistral",
    name: "Mistral",
    auth: "api-key",
    hosts: ["api.mistral.ai"],
    base: "https://api.mistral.ai",
    check: { method: "GET", path: "/v1/models" },
    header: "bearer",
    errors: "openai",
    sdk: { key: ["MISTRAL_API_KEY"], base: ["MISTRAL_BASE_URL"], path: "" },
  },
  {
    id: "cohere",
    name: "Cohere",
    auth: "api-key",
    hosts: ["api.cohere.com", "api.cohere.ai"],
    base: "https://api.cohere.com",
    // https://docs.cohere.com/reference/checkapikey
    check: { method: "POST", path: "/v1/check-api-key" },
    header: "bearer",
    errors: "openai",
    sdk: { key: ["CO_API_KEY", "COHERE_API_KEY"], base: ["CO_API_URL"], path: "" },
  },
  {
    id: "deepseek",
    name: "DeepSeek",
    auth: "api-key",
    hosts: ["api.deepseek.com"],
    base: "https://api.deepseek.com",
    check: { method: "GET", path: "/models" },
    header: "bearer",
    errors: "openai",
    sdk: { key: ["DEEPSEEK_API_KEY"], base: ["DEEPSEEK_BASE_URL"], path: "" },
  },
  {
    id: "moonshot",
    name: "Moonshot (Kimi)",
    auth: "api-key",
    hosts: ["api.moonshot.cn", "api.moonshot.ai"],
    base: "https://api.moonshot.cn",
    regions: { cn: "https://api.moonshot.cn", global: "https://api.moonshot.ai" },
    check: { method: "GET", path: "/v1/models" },
    header: "bearer",
    errors: "openai",
    sdk: { key: ["MOONSHOT_API_KEY"], base: ["MOONSHOT_BASE_URL"], path: "/v1", others: ["KIMI_API_KEY"] },
  },
  {
    id: "zhipu",
    name: "Zhipu GLM",
    auth: "api-key",
    hosts: ["api.z.ai", "open.bigmodel.cn"],
    sharesHosts: true,
    base: "https://api.z.ai",
    regions: { global: "https://api.z.ai", cn: "https://open.bigmodel.cn" },
    check: { method: "GET", path: "/api/paas/v4/models" },
    header: "bearer",
    errors: "openai",
    sdk: {
      key: ["ZAI_API_KEY"],
      base: ["ZAI_BASE_URL"],
      path: "/api/paas/v4",
      others: ["ZHIPUAI_API_KEY", "ZHIPU_API_KEY"],
    },
  },
  {
    id: "zhipu-coding-plan",
    name: "Zhipu GLM Coding Plan",
    auth: "guided",
    hosts: ["api.z.ai", "open.bigmodel.cn"],
    sharesHosts: true,
    base: "https://api.z.ai/api/coding/paas/v4",
    regions: {
      global: "https://api.z.ai/api/coding/paas/v4",
      cn: "https://open.bigmodel.cn/api/coding/paas/v4",
    },
    check: { method: "GET", path: "/api/coding/paas/v4/models" },
    paths: ["/api/coding/", "/api/anthropic/"],
    ownPaths: ["/api/coding"],
    header: "bearer",
    errors: "openai",
    sdk: { key: ["ZAI_API_KEY"], base: ["ZAI_BASE_URL"], path: "" },
  },
  {
    id: "minimax",
    name: "MiniMax",
    auth: "api-key",
    hosts: ["api.minimax.chat", "api.minimax.io", "api.minimaxi.com"],
    sharesHosts: true,
    base: "https://api.minimax.chat",
    regions: {
      global: "https://api.minimax.io",
      cn: "https://api.minimaxi.com",
      legacy: "https://api.minimax.chat",
    },
    check: { method: "GET", path: "/v1/models" },
    header: "bearer",
    errors: "openai",
    keyShape: /^sk-(api|cp)-/,
    sdk: { key: ["MINIMAX_API_KEY"], base: ["MINIMAX_BASE_URL"], path: "/v1" },
  },
  {
    id: "minimax-oauth",
    name: "MiniMax Coding Plan",
    auth: "oauth",
    hosts: ["api.minimax.io", "api.minimaxi.com"],
    sharesHosts: true,
    base: "https://api.minimax.io/anthropic",
    regions: { global: "https://api.minimax.io/anthropic", cn: "https://api.minimaxi.com/anthropic" },
    check: { method: "GET", path: "/anthropic/v1/models" },
    loginHosts: ["account.minimax.io", "account.minimaxi.com"],
    header: "bearer",
    errors: "anthropic",
    sdk: { key: ["MINIMAX_API_KEY"], base: ["MINIMAX_BASE_URL"], path: "" },
  },
  {
    id: "baichuan",
    name: "Baichuan",
    auth: "api-key",
    hosts: ["api.baichuan-ai.com"],
    base: "https://api.baichuan-ai.com",
    check: { method: "GET", path: "/v1/models" },
    header: "bearer",
    errors: "openai",
    sdk: { key: ["BAICHUAN_API_KEY"], base: ["BAICHUAN_BASE_URL"], path: "/v1" },
  },
  {
    id: "yi",
    name: "Yi (01.AI)",
    auth: "api-key",
    hosts: ["api.lingyiwanwu.com"],
    base: "https://api.lingyiwanwu.com",
    check: { method: "GET", path: "/v1/models" },
    header: "bearer",
    errors: "openai",
    sdk: { key: ["YI_API_KEY"], base: ["YI_BASE_URL"], path: "/v1" },
  },
];

const BY_ID = new Map(PROVIDERS.map((provider) => [provider.id, provider]));

/** The provider with this id, if there is one. */
export function providerById(id: string): Provider | undefined {
  return BY_ID.get(id);
}
