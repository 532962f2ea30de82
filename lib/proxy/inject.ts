import type { Fields } from "../http/fields.ts";
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

/** The lines that carry a secret, by the header: made once for each, and known in this file only. */
const LINES = new WeakMap<Secret, Map<CredentialHeader, Uint8Array>>();

/**
 * Puts the headers that the provider cannot do without into the request, and gives the line that carries the
 * credential. The last step before the bytes leave, so the destination is looked at once more; the client's own
 * carriers are gone.
 *
 * @param headers are changed in place; what an earlier call put in is replaced
 * @param userAgent names this program, as `name/version`
 * @returns the field line, as it is sent
 */
export function inject(
  headers: Fields,
  provider: Provider,
  url: URL,
  { secret, accountId, fedramp }: Credential,
  userAgent: string,
): Uint8Array {
  if (!mayReceive(provider, url)) throw new Error("The destination was not checked");
  for (const name in provider.defaultHeaders) {
    if (!headers.has(name)) headers.set(name, provider.defaultHeaders[name]!);
  }
  const header = headerFor(provider, url);
  headers.delete(header === "bearer" ? "authorization" : header);
  const { accountHeaders, programHeader } = provider;
  if (accountHeaders !== undefined) {
    setOrDelete(headers, accountHeaders.id, accountId);
    setOrDelete(headers, accountHeaders.fedramp, fedramp && "true");
  }
  if (programHeader !== undefined) {
    headers.set(programHeader, userAgent.split("/")[0]!);
    headers.set("user-agent", userAgent);
  }
  return lineOf(secret, header);
}

function lineOf(secret: Secret, header: CredentialHeader): Uint8Array {
  let lines = LINES.get(secret);
  if (lines === undefined) LINES.set(secret, lines = new Map());
  let line = lines.get(header);
  if (line === undefined) lines.set(header, line = makeLine(secret, header));
  return line;
}

function makeLine(secret: Secret, header: CredentialHeader): Uint8Array {
  const name = header === "bearer" ? "authorization: Bearer" : `${header}:`;
  const value = secret.reveal();
  if (!/^[\x20-\x7e]+$/.test(value)) throw new Error("The credential can't be sent in a header");
  return new TextEncoder().encode(`${name} ${value}\r\n`);
}

function setOrDelete(headers: Fields, name: string, value: string | undefined): void {
  if (value === undefined) headers.delete(name);
  else headers.set(name, value);
}

function headerFor(provider: Provider, url: URL): CredentialHeader {
  const bearer = provider.bearerPaths?.some((path) => isAtOrBelow(url.pathname, path));
  return bearer === true ? "bearer" : provider.header;
}
