import { Secret } from "../secret.ts";
import { damagedEntry, type EntryFields, entryName, isTime } from "./envelope.ts";

/** What a login gave. */
export interface Login {
  readonly accessToken: Secret;
  readonly refreshToken?: Secret;
  readonly scope?: string;
  /** The account that requests name beside the token. */
  readonly accountId?: string;
  /** Whether the account is under FedRAMP, which requests say too. */
  readonly fedramp?: true;
}

/** The last refresh that failed. */
export type RefreshFailure = {
  /** An ISO time. */
  readonly at: string;
  /** In words of ours, without a secret. */
  readonly message: string;
  /** Whether this token will never be renewed any more. */
  readonly permanent: boolean;
  /** How many failed in a row. */
  readonly count: number;
};

/** What stands of a login in the clear, so that listings need no keystore. All times are ISO times. */
export type LoginFields = {
  readonly expiresAt?: string;
  /** Whether there is a refresh token. */
  readonly renewable?: true;
  readonly refreshedAt?: string;
  /** E-mail address or id, for people. */
  readonly account?: string;
  readonly plan?: string;
  /** Where the login is valid. */
  readonly region?: string;
  /** Where the service wants its requests, in place of the region's default. */
  readonly base?: string;
  readonly lastError?: RefreshFailure;
};

/** The sealed part of a login's entry. */
export function formatLogin({ accessToken, refreshToken, scope, accountId, fedramp }: Login): Secret {
  return new Secret(JSON.stringify({
    accessToken: accessToken.reveal(),
    refreshToken: refreshToken?.reveal(),
    scope,
    accountId,
    fedramp,
  }));
}

/**
 * Reads the sealed part of the entry of the login with this id.
 *
 * @throws {AppError} `vault_damaged`
 */
export function parseLogin(id: string, sealed: Secret): Login {
  const login = tokensIn(sealed.reveal());
  if (login === undefined) throw damagedEntry(entryName("login", id));
  return login;
}

/** The tokens in a JSON text, if it has an access token; unknown fields are left out. */
export function tokensIn(text: string): Login | undefined {
  const { accessToken, refreshToken, scope, accountId, fedramp } = fieldsOf(text);
  if (!isToken(accessToken)) return undefined;
  return {
    accessToken: new Secret(accessToken),
    ...isToken(refreshToken) && { refreshToken: new Secret(refreshToken) },
    ...typeof scope === "string" && { scope },
    ...typeof accountId === "string" && /^[\w.-]+$/.test(accountId) && { accountId },
    ...fedramp === true && { fedramp },
  };
}

/** Whether a value can be sent in a header as it is (RFC 6750, section 2.1). */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}

/** Whether two logins have the same access token. */
export function haveSameToken(one: Secret, other: Secret): boolean {
  return one.reveal() === other.reveal();
}

/** The clear fields of a login's entry, as far as they are what they should be: the file may hold anything. */
export function loginFields({ lastError, ...fields }: EntryFields): LoginFields {
  const { expiresAt, renewable, refreshedAt, account, plan, region, base } = fields;
  const failure = failureIn(lastError);
  return {
    ...isTime(expiresAt) && { expiresAt },
    ...renewable === true && { renewable },
    ...isTime(refreshedAt) && { refreshedAt },
    ...isShown(account) && { account },
    ...isShown(plan) && { plan },
    ...isShown(region) && { region },
    ...isShown(base) && { base },
    ...failure !== undefined && { lastError: failure },
  };
}

/** Whether a text can be shown on a terminal as it is. */
export function isShown(value: unknown): value is string {
  return typeof value === "string" &&
    /^[^\p{C}\p{Z}](?:[^\p{C}\p{Zl}\p{Zp}]{0,252}[^\p{C}\p{Z}])?$/u.test(value);
}

function failureIn(value: unknown): RefreshFailure | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { at, message, permanent, count } = value as Record<string, unknown>;
  const isCount = typeof count === "number" && Number.isSafeInteger(count) && count > 0;
  if (!isTime(at) || !isShown(message) || typeof permanent !== "boolean" || !isCount) return undefined;
  return { at, message, permanent, count };
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
