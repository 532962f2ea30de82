import { Refusal } from "./refusal.ts";

/**
 * How long a provider may take from the request's first byte to the beginning of its answer, in milliseconds:
 * what the big SDKs wait by default.
 */
const HEAD_TIMEOUT = 10 * 60_000;

/** A request as it leaves. */
export interface UpstreamRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** Sends a request to a provider and gives its answer as it arrives. */
export type Upstream = (request: UpstreamRequest) => Promise<Response>;

/**
 * Sends with the runtime's `fetch`: redirects are handed back, not followed (it would carry `x-api-key` to
 * another host), and no compression is asked for, since it would be undone here.
 *
 * @throws {Refusal} `upstream_failed`, `upstream_timeout`
 */
export async function fetchUpstream(
  { url, method, headers, body, signal }: UpstreamRequest,
): Promise<Response> {
  headers.set("accept-encoding", "identity");
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), HEAD_TIMEOUT);
  try {
    return await fetch(url, {
      method,
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.any([signal, deadline.signal]),
    });
  } catch (error) {
    if (signal.aborted) throw new Refusal("upstream_failed", "The client went away");
    if (deadline.signal.aborted) {
      throw new Refusal("upstream_timeout", `${url.host} did not begin its answer within ten minutes`);
    }
    throw new Refusal("upstream_failed", `${url.host} could not be reached: ${reasonOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** What went wrong, in words of ours: the runtime's message repeats the URL with its query. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  const certificate = /invalid peer certificate: ([^;(]+)/.exec(message)?.[1];
  if (certificate !== undefined) return `its certificate is not valid (${certificate.trim()})`;
  if (/CA file/.test(message)) return "the file that DENO_CERT names can't be used";
  if (/dns error|failed to lookup/.test(message)) return "its name could not be resolved";
  if (/Connection refused/.test(message)) return "it refused the connection";
  if (/timed out/.test(message)) return "the connection timed out";
  if (/handshake|tls/i.test(message)) return "the TLS handshake failed";
  return "the connection broke off";
}
