/** The claims of an account: `sub`, those of the scopes, and OpenAI's own. */
export type Account = { readonly sub: string } & Readonly<Record<string, unknown>>;

/** What the server is made of. */
export interface ProviderOptions {
  readonly issuer: string;
  readonly client: { readonly client_id: string; readonly redirect_uris: readonly string[] };
  readonly account: Account;
  /** In seconds. */
  readonly accessTokenLifetime: number;
  /** In seconds. */
  readonly refreshTokenLifetime: number;
  /** What the user says next. */
  decision(): "approve" | "deny";
}

/** Where the endpoints are, below the issuer. */
export const ROUTES = {
  authorization: "/oauth/authorize",
  token: "/oauth/token",
  revocation: "/oauth/revoke",
} as const;

/** The scopes that are granted. Others are passed over. */
export const SCOPES = ["openid", "profile", "email", "offline_access"] as const;

/** Whom the access tokens are for, which makes them JWTs. */
export const RESOURCE = "https://api.openai.com/v1";
