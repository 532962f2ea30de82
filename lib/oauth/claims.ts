import { isShown, isToken } from "../vault/login.ts";

/** The namespaces of OpenAI's claims. */
const AUTH = "https://api.openai.com/auth";
const PROFILE = "https://api.openai.com/profile";

/** What a token of OpenAI says of its account. It came over TLS and only steers, so its signature is not checked. */
export interface Claims {
  readonly accountId?: string;
  readonly fedramp?: true;
  /** The e-mail address. */
  readonly account?: string;
  /** What stands in for it. */
  readonly userId?: string;
  readonly plan?: string;
  /** When the token ends, in milliseconds since 1970 began. */
  readonly expires?: number;
}

/** Reads the claims of a JWT (RFC 7519); none for any other text. */
export function claimsIn(token: unknown): Claims {
  const claims = payloadOf(token);
  const auth = objectIn(claims[AUTH]);
  const [organization] = Array.isArray(auth.organizations) ? auth.organizations : [];
  const accountId = [claims.chatgpt_account_id, auth.chatgpt_account_id, objectIn(organization).id]
    .find((id) => isToken(id) && /^[\w.-]{1,128}$/.test(id));
  const account = [claims.email, objectIn(claims[PROFILE]).email].find(isShown);
  const userId = [auth.chatgpt_user_id, auth.user_id, accountId].find(isShown);
  const { exp } = claims;
  return {
    ...isToken(accountId) && { accountId },
    ...auth.chatgpt_account_is_fedramp === true && { fedramp: true },
    ...isShown(account) && { account },
    ...isShown(userId) && { userId },
    ...isShown(auth.chatgpt_plan_type) && { plan: auth.chatgpt_plan_type },
    ...typeof exp === "number" && exp > 0 && exp < 1e11 && { expires: exp * 1000 },
  };
}

/**
 * Whether an ID token, as far as it says so, is of this issuer and for this client (OpenID Connect Core, section
 * 3.1.3.7).
 */
export function isFor(idToken: unknown, issuer: string, clientId: string): boolean {
  const { iss = issuer, aud = clientId } = payloadOf(idToken);
  return iss === issuer && [aud].flat().includes(clientId);
}

function payloadOf(token: unknown): Record<string, unknown> {
  const payload = typeof token === "string" ? token.split(".")[1] : undefined;
  try {
    const bytes = Uint8Array.fromBase64(payload ?? "", { alphabet: "base64url" });
    return objectIn(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}

function objectIn(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
