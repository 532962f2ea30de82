import { AppError } from "../errors.ts";
import type { Answer, Reply } from "./http.ts";

/** Codes after which a refresh token is worth nothing any more. */
const PERMANENT: Readonly<Record<string, string>> = {
  invalid_grant: "the login is no longer valid",
  invalid_refresh_token: "the refresh token is not valid",
  refresh_token_expired: "the refresh token has expired",
  refresh_token_invalidated: "the login was ended by the service",
  refresh_token_reused:
    "the refresh token was used before, by another program or in an attempt that was broken off",
  token_expired: "the refresh token has expired",
  token_invalidated: "the login was ended by the service",
};

/** Other codes that say something. */
const TRANSIENT: Readonly<Record<string, string>> = {
  access_denied: "it was declined",
  expired_token: "the code has expired",
  deviceauth_expired: "the code has expired",
  invalid_client: "the service does not know this program any more",
  invalid_request: "the service did not understand the request",
  unsupported_country_region_territory:
    "the service is not offered in this country or region; a VPN can be the reason",
};

/**
 * The error code in an answer, in lower case: `{error: "code"}` (RFC 6749, section 5.2), `{error: {code}}` or
 * `{code}`.
 */
export function errorCode({ fields }: Answer): string | undefined {
  const { error, code } = fields;
  const nested = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  const found = [error, nested, code].find((value) => typeof value === "string");
  return typeof found === "string" ? found.toLowerCase() : undefined;
}

/** Whether an answer says that a refresh token is worth nothing any more. */
export function isPermanent(answer: Answer): boolean {
  const { status } = answer;
  if (status < 400 || status >= 500 || status === 408 || status === 429) return false;
  return Object.hasOwn(PERMANENT, errorCode(answer) ?? "");
}

/** What an answer that is no success says, in words of ours: its own could repeat a secret. */
export function reasonIn(answer: Answer, host: string): string {
  const { status, isPage } = answer;
  const code = errorCode(answer) ?? "";
  if (isPermanent(answer)) return PERMANENT[code]!;
  if (Object.hasOwn(TRANSIENT, code)) return TRANSIENT[code]!;
  if (status >= 300 && status < 400) {
    return `the endpoint moved: ${host} answered with a redirect, which is not followed`;
  }
  if (isPage) return `${host} answered with status ${status} and a page, as a firewall does`;
  return `${host} answered with status ${status}`;
}

/**
 * The answer that a login goes on with.
 *
 * @throws {AppError} `login_failed` when the server refused, `network_failed` when there is no such answer
 */
export function requireSuccess(reply: Reply, host: string): Answer {
  if (reply.state !== "answered") {
    throw new AppError("network_failed", `Cannot log in: ${reply.reason}`, "try again");
  }
  if (reply.status >= 200 && reply.status < 300) return reply;
  const isSpent = errorCode(reply) === "invalid_grant";
  throw loginFailed(isSpent ? "the code was used before, or has expired" : reasonIn(reply, host));
}

/** The error for a login that was not completed. */
export function loginFailed(reason: string, hint = "try again"): AppError {
  return new AppError("login_failed", `Cannot log in: ${reason}`, hint);
}
