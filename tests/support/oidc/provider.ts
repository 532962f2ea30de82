import type { IncomingMessage, ServerResponse } from "node:http";
import { approval } from "./approval.ts";
import { type ProviderOptions, RESOURCE, ROUTES, SCOPES } from "./settings.ts";

const OPENAI_CLAIMS = "https://api.openai.com/auth";
const DAY = 24 * 60 * 60;

/** One for all servers, since it takes a while to make. */
let key: Promise<JsonWebKey> | undefined;

/** Configures oidc-provider. @returns its handler of requests */
export async function makeProvider(
  options: ProviderOptions,
): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const { Provider, createMemoryAdapter } = await load();
  const { account } = options;
  const provider = new Provider(options.issuer, {
    adapter: createMemoryAdapter(),
    // A native client could use any port (RFC 8252 §7.3). The real server compares the whole address.
    clients: [{
      ...options.client,
      application_type: "web",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    }],
    routes: ROUTES,
    scopes: SCOPES,
    claims: {
      openid: ["sub", OPENAI_CLAIMS],
      profile: ["name"],
      email: ["email", "email_verified"],
    },
    conformIdTokenClaims: false,
    findAccount: () => ({ accountId: account.sub, claims: () => account }),
    extraTokenClaims: () => ({ [OPENAI_CLAIMS]: account[OPENAI_CLAIMS] }),
    jwks: { keys: [await (key ??= makeKey())] },
    cookies: { keys: ["a key of the tests"] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: {
      AccessToken: options.accessTokenLifetime,
      AuthorizationCode: 60,
      RefreshToken: options.refreshTokenLifetime,
      IdToken: 60 * 60,
      Interaction: 10 * 60,
      Session: DAY,
      Grant: 365 * DAY,
    },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: () => true },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: SCOPES.join(" "),
          accessTokenFormat: "jwt",
          accessTokenTTL: options.accessTokenLifetime,
        }),
      },
    },
    interactions: { url: approval.url },
    renderError(ctx: { body: string }, { error, error_description }: Record<string, string>) {
      ctx.body = `${error}: ${error_description}`;
    },
  });
  provider.proxy = true;
  provider.use(approval.middleware(provider, options));
  return provider.callback();
}

/** Without its warnings that this is not Node, and that what is not for production is not. */
async function load() {
  const { warn } = console;
  console.warn = () => {};
  try {
    const { Provider } = await import("oidc-provider");
    const { createMemoryAdapter } = await import("oidc-provider/lib/adapters/memory_adapter.js");
    return { Provider, createMemoryAdapter };
  } finally {
    console.warn = warn;
  }
}

async function makeKey(): Promise<JsonWebKey> {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: "SHA-256",
  };
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const { kty, n, e, d, p, q, dp, dq, qi } = await crypto.subtle.exportKey("jwk", privateKey);
  return { kty, n, e, d, p, q, dp, dq, qi, alg: "RS256", use: "sig" } as JsonWebKey;
}
