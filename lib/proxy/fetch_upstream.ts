import { fromLatin1 } from "../http/latin1.ts";
import { FieldList } from "../http/fields.ts";
import { parseFields } from "../http/head.ts";
import type { Answer } from "../http/message.ts";
import { StreamBody, streamOf } from "../http/stream_body.ts";
import { Refusal } from "./refusal.ts";
import { SILENCE_TIME } from "../http/client_connection.ts";
import { noWebSocket, PLAIN, timeout, unreachable, type UpstreamRequest } from "./upstream.ts";

/**
 * Sends with the runtime's `fetch`, which alone reaches a proxy that the environment names: redirects are handed back,
 * not followed (it would carry `x-api-key` to another host).
 *
 * @param via the variable that names the proxy on the way
 * @throws {Refusal} `upstream_failed`, `upstream_timeout`
 */
export async function fetchUpstream(
  { url, method, headers, credential, body, signal }: UpstreamRequest,
  via?: string,
): Promise<Answer> {
  if (headers.has("upgrade")) throw noWebSocket(url);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), SILENCE_TIME);
  headers.set(...PLAIN);
  try {
    const answer = await fetch(url, {
      method,
      headers: [...headers, ...parseFields(fromLatin1(credential) + "\r\n", 0)],
      body: body && streamOf(body),
      redirect: "manual",
      signal: AbortSignal.any([signal, deadline.signal]),
    });
    return answerOf(answer);
  } catch (error) {
    if (signal.aborted) throw new Refusal("upstream_failed", "The client went away");
    if (deadline.signal.aborted) throw timeout(url);
    throw unreachable(url, via, reasonOf(error, via !== undefined));
  } finally {
    clearTimeout(timer);
  }
}

function answerOf({ status, statusText, headers, body }: Response): Answer {
  const fields = new FieldList();
  for (const [name, value] of headers) fields.append(name, value);
  return {
    status,
    reason: statusText,
    headers: fields,
    body: body && new StreamBody(body, lengthIn(fields)),
  };
}

/** A length is that of the coded answer, which `fetch` decodes. */
function lengthIn(fields: FieldList): number | undefined {
  const length = fields.get("content-length");
  return length === null || fields.has("content-encoding") ? undefined : Number(length);
}

/** What went wrong, in words of ours: the runtime's message repeats the URL with its query. */
function reasonOf(error: unknown, isProxied: boolean): string {
  const message = error instanceof Error ? error.message : "";
  const certificate = /invalid peer certificate: ([^;(]+)/.exec(message)?.[1];
  if (certificate !== undefined) return aboutCertificate(certificate.trim());
  if (/CA file/.test(message)) return "the file that DENO_CERT names can't be used";
  // A proxy looks the provider's name up itself.
  if (/dns error|failed to lookup/.test(message)) {
    return `${isProxied ? "the proxy's" : "its"} name could not be resolved`;
  }
  if (/Connection refused/.test(message)) return `${isProxied ? "the proxy" : "it"} refused the connection`;
  if (/proxy authentication required/.test(message)) return "the proxy wants a user name and a password";
  if (/unsuccessful tunnel/.test(message)) return "the proxy refused to connect to it";
  if (/timed out/.test(message)) return "the connection timed out";
  if (/handshake|tls/i.test(message)) return "the TLS handshake failed";
  return "the connection broke off";
}

/** @param name the error of the TLS library */
function aboutCertificate(name: string): string {
  // An authority of the same name, but with another key, is another one.
  if (name === "UnknownIssuer" || name === "BadSignature") {
    return "its certificate is not from an authority that is trusted here";
  }
  if (/expired/i.test(name)) return "its certificate has expired, by this machine's clock";
  if (/not ?valid ?yet/i.test(name)) return "its certificate is not valid yet, by this machine's clock";
  return `its certificate is not valid (${name})`;
}
