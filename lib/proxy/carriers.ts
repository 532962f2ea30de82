import { connectionOptions, FieldList, type Fields } from "../http/fields.ts";

/** Headers in which a client may carry a credential, its own or another's. None of them ever passes. */
const CREDENTIAL_HEADERS = [
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "x-goog-api-key",
  "api-key",
  "xi-api-key",
  "x-auth-token",
  "x-access-token",
  "cookie",
  "chatgpt-account-id",
  "x-openai-fedramp",
];

/** The credential headers in which stock SDKs put the API key, so in which the local token arrives. */
const TOKEN_HEADERS = ["x-api-key", "x-goog-api-key", "api-key"];

/** How OpenAI's SDKs carry the API key of a WebSocket in a subprotocol, where no header can be set. */
export const TOKEN_PROTOCOL = "openai-insecure-api-key.";

/** Query parameters that carry credentials, in lower case. */
const CREDENTIAL_PARAMETERS = ["key", "api_key", "access_token"];

/** Headers that end here (RFC 9110, section 7.6.1), or that steer proxies and servers on the way. */
const OWN_HEADERS = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "expect",
  "host",
  "content-length",
  "accept-encoding",
  "forwarded",
  "via",
  "x-real-ip",
  "x-original-url",
  "x-rewrite-url",
  "x-target-url",
];

const DROPPED: ReadonlySet<string> = new Set([...CREDENTIAL_HEADERS, ...OWN_HEADERS]);

/** Families of such headers. */
const OWN_PREFIXES = ["x-forwarded-", "sec-websocket-", "proxy-"];

/** An encoded ASCII character, whose percent sign may be encoded itself, any number of times. */
const ENCODED_ASCII = /%(?:25)*([0-7][0-9a-f])/gi;

const ENCODED_ONCE = /%([0-7][0-9a-f])/gi;

/** More often than any server decodes; each pass is linear. */
const DECODING_PASSES = 3;

/** The local tokens that a request presents, without repetitions. */
export function presentedTokens(headers: Fields, query: string): string[] {
  const tokens = new Set<string>();
  const bearer = /^bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) tokens.add(bearer);
  for (const name of TOKEN_HEADERS) {
    const value = headers.get(name);
    if (value !== null) tokens.add(value);
  }
  for (const protocol of offeredProtocols(headers)) {
    if (protocol.startsWith(TOKEN_PROTOCOL)) tokens.add(protocol.slice(TOKEN_PROTOCOL.length));
  }
  for (const parameter of query.split("&")) {
    if (parameter.startsWith("key=")) tokens.add(parameter.slice("key=".length));
  }
  return [...tokens];
}

/**
 * The client's headers without those that end here and without every credential carrier; a header of any
 * name that holds the local token, encoded or not, is one.
 */
export function withoutCarriers(headers: Fields, token: string): FieldList {
  const ofThisHop = connectionOptions(headers);
  const names: string[] = [];
  const values: string[] = [];
  headers.forEach((value, name) => {
    const carrier = DROPPED.has(name) || ofThisHop.includes(name) ||
      OWN_PREFIXES.some((prefix) => name.startsWith(prefix));
    if (carrier || holds(value, token)) return;
    names.push(name);
    values.push(value);
  });
  return new FieldList(names, values);
}

/** The subprotocols that a client offers for a WebSocket. */
export function offeredProtocols(headers: Fields): string[] {
  const value = headers.get("sec-websocket-protocol");
  return value === null ? [] : value.split(",").map((one) => one.trim()).filter((one) => one !== "");
}

/** The query without its credential parameters; the others keep their order and spelling. */
export function withoutKeys(query: string, token: string): string {
  if (query === "") return query;
  return query.split("&").filter((parameter) => {
    const name = decoded(parameter.split("=", 1)[0]!).toLowerCase();
    return !CREDENTIAL_PARAMETERS.includes(name) && !parameter.includes(token);
  }).join("&");
}

/** Whether the token is in a text, as it is or percent-encoded, however often somebody decodes it. */
export function holds(text: string, token: string): boolean {
  if (text.includes(token)) return true;
  if (!text.includes("%")) return false;
  let once = text;
  for (let pass = 0; pass < DECODING_PASSES; pass++) {
    once = once.replace(ENCODED_ONCE, fromHex);
    if (once.includes(token)) return true;
  }
  return decoded(text).includes(token);
}

/**
 * The text without percent-encoded ASCII, which is all that names and tokens are made of, also where it is encoded
 * more than once.
 */
export function decoded(text: string): string {
  let plain = text.replaceAll("+", " ");
  for (let pass = 0; pass < DECODING_PASSES && plain.includes("%"); pass++) {
    plain = plain.replace(ENCODED_ASCII, fromHex);
  }
  return plain;
}

function fromHex(_: string, hex: string): string {
  return String.fromCharCode(parseInt(hex, 16));
}
