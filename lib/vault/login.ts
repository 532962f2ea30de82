import { Secret } from "../secret.ts";
import { damagedEntry, entryName } from "./envelope.ts";

/** What a login gave. */
export interface Login {
  readonly accessToken: Secret;
  readonly refreshToken?: Secret;
  readonly scope?: string;
  /** The account that requests name beside the token. */
  readonly accountId?: string;
}

/** The sealed part of a login's entry. */
export function formatLogin({ accessToken, refreshToken, scope, accountId }: Login): Secret {
  return new Secret(JSON.stringify({
    accessToken: accessToken.reveal(),
    refreshToken: refreshToken?.reveal(),
    scope,
    accountId,
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
  const { accessToken, refreshToken, scope, accountId } = fieldsOf(text);
  if (typeof accessToken !== "string" || !/^[\x21-\x7e]+$/.test(accessToken)) return undefined;
  return {
    accessToken: new Secret(accessToken),
    ...typeof refreshToken === "string" && refreshToken !== "" && { refreshToken: new Secret(refreshToken) },
    ...typeof scope === "string" && { scope },
    ...typeof accountId === "string" && /^[\w.-]+$/.test(accountId) && { accountId },
  };
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
