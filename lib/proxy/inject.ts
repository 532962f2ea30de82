import { isAtOrBelow, mayReceive } from "../providers/match.ts";
import type { CredentialHeader, Provider } from "../providers/table.ts";
import type { Secret } from "../secret.ts";
import type { EntryFields } from "../vault/envelope.ts";
import type { Entry } from "../vault/contents.ts";
import { type Login, parseLogin } from "../vault/login.ts";

/** What a provider wants to see: an API key, or a login's token and account. */
export interface Credential {
  readonly secret: Secret;
  readonly accountId?: string | undefined;
  readonly fedramp?: true | undefined;
  /** What stands of its entry in the clear, proven to be genuine. */
  readonly entry?: EntryFields | undefined;
}

/**
 * The credential in the sealed part of a provider's entry.
 *
 * @throws {AppError} `vault_damaged`
 */
export function credentialIn(kind: Entry["kind"], id: string, sealed: Secret): Credential {
  if (kind !== "login") return { secret: sealed };
  return credentialOf(parseLogin(id, sealed));
}

/** What a provider wants to see of a login. */
export function credentialOf({ accessToken, accountId, fedramp }: Login): Credential {
  return { secret: accessToken, accountId, fedramp };
}

/**
 * Puts the provider's credential, and the headers that it cannot do without, into the request. The last step
 * before the bytes leave, so the destination is looked at once more; the client's own carriers are gone.
 *
 * @param headers are changed in place; what an earlier call put in is replaced
 * @param userAgent names this program, as `name/version`
 */
export function inject(
  headers: Headers,
  provider: Provider,
  url: URL,
  { secret, accountId, fedramp }: Credential,
  userAgent: string,
): void {
  if (!mayReceive(provider, url)) throw new Error("The destination was not checked");
  for (const [name, value] of Object.entries(provider.defaultHeaders ?? {})) {
    if (!headers.has(name)) headers.set(name, value);
  }
  const header = headerFor(provider, url);
  if (header === "bearer") headers.set("authorization", `Bearer ${secret.reveal()}`);
  else headers.set(header, secret.reveal());
  const { accountHeaders, programHeader } = provider;
  if (accountHeaders !== undefined) {
    setOrDelete(headers, accountHeaders.id, accountId);
    setOrDelete(headers, accountHeaders.fedramp, fedramp && "true");
  }
  if (programHeader !== undefined) {
    headers.set(programHeader, userAgent.split("/")[0]!);
    headers.set("user-agent", userAgent);
  }
}

function setOrDelete(headers: Headers, name: string, value: string | undefined): void {
  if (value === undefined) headers.delete(name);
  else headers.set(name, value);
}

function headerFor(provider: Provider, url: URL): CredentialHeader {
  const bearer = provider.bearerPaths?.some((path) => isAtOrBelow(url.pathname, path));
  return bearer === true ? "bearer" : provider.header;
}
