import { isAtOrBelow, mayReceive } from "../providers/match.ts";
import type { CredentialHeader, Provider } from "../providers/table.ts";
import type { Secret } from "../secret.ts";

/**
 * Puts the provider's credential, and the headers that it cannot do without, into the request. The last step
 * before the bytes leave, so the destination is looked at once more; the client's own carriers are gone.
 *
 * @param headers are changed in place
 */
export function inject(headers: Headers, provider: Provider, url: URL, credential: Secret): void {
  if (!mayReceive(provider, url)) throw new Error("The destination was not checked");
  for (const [name, value] of Object.entries(provider.defaultHeaders ?? {})) {
    if (!headers.has(name)) headers.set(name, value);
  }
  const header = headerFor(provider, url);
  if (header === "bearer") headers.set("authorization", `Bearer ${credential.reveal()}`);
  else headers.set(header, credential.reveal());
}

function headerFor(provider: Provider, url: URL): CredentialHeader {
  const bearer = provider.bearerPaths?.some((path) => isAtOrBelow(url.pathname, path));
  return bearer === true ? "bearer" : provider.header;
}
