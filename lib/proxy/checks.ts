import { isMinting } from "../providers/match.ts";
import { storeCommand } from "../providers/remedy.ts";
import type { ServerRequest } from "../http/service.ts";
import type { Provider } from "../providers/table.ts";
import { type Client, renewal } from "../vault/client.ts";
import { holds } from "./carriers.ts";
import { Refusal } from "./refusal.ts";

/** The refusal of a token. */
export function tokenRefusal(message: string): Refusal {
  const hint = 'send the one that `agentgazer env` prints: eval "$(agentgazer env)"';
  return new Refusal("client_token_invalid", message, hint);
}

/** The refusal of a request that nobody here sent. @param expired whose token it was, if it was a client's */
export function unknownToken(tokens: readonly string[], expired: Client | undefined): Refusal {
  if (tokens.length === 0) return tokenRefusal("The request has no local token");
  if (expired === undefined) return tokenRefusal("The local token is not known here");
  const message = `The token of the client "${expired.name}" has expired`;
  return new Refusal("client_token_invalid", message, renewal(expired));
}

/** What a client may not use. @throws {Refusal} `provider_refused`, `path_refused` */
export function refuseForbidden(client: Client, provider: Provider, url: URL): void {
  if (client.allow !== null && !client.allow.includes(provider.id)) {
    throw new Refusal(
      "provider_refused",
      `The client "${client.name}" may not use ${provider.name}`,
      `make a client that may: agentgazer clients add <new name> --allow ${provider.id}`,
    );
  }
  if (!client.minting && isMinting(provider, url)) {
    throw new Refusal(
      "path_refused",
      "This path hands out or administers credentials, which this client may not do",
      "make a client that may: agentgazer clients add <new name> --allow-minting",
    );
  }
}

/** What the transport would refuse or change. @throws {Refusal} `malformed_request` */
export function refuseUnsendable({ method, headers }: ServerRequest): void {
  if (["CONNECT", "TRACE", "TRACK"].includes(method) || /[a-z]/.test(method)) {
    throw new Refusal("malformed_request", "This method is not relayed");
  }
  const hasBody = (headers.get("content-length") ?? "0") !== "0" || headers.has("transfer-encoding");
  if (hasBody && (method === "GET" || method === "HEAD")) {
    throw new Refusal("malformed_request", `A ${method} request with a body is not relayed`);
  }
}

/** Where a token can't be taken out, the request does not go. @throws {Refusal} `malformed_request` */
export function refuseToken(url: URL, token: string): void {
  if (holds(url.href, token)) {
    throw new Refusal("malformed_request", "The URL holds the local token", "send it in a header");
  }
}

/** A login is good where it was made, of all the places that the provider has. @throws {Refusal} `target_refused` */
export function refuseElsewhere(url: URL, base: string): void {
  if (url.origin === new URL(base).origin) return;
  throw new Refusal(
    "target_refused",
    "The login is not of this region",
    `it goes to ${new URL(base).origin}`,
  );
}

/** What is said when a provider has no credential. */
export function credentialMissing(provider: Provider): Refusal {
  const message = `No credential of ${provider.name} is stored`;
  return new Refusal("credential_missing", message, storeCommand(provider));
}
