import { type ClientConnection, NoAnswer } from "../http/client_connection.ts";
import type { FieldList } from "../http/fields.ts";
import type { Answer } from "../http/message.ts";
import { Pool } from "../http/pool.ts";
import { ProtocolError } from "../http/protocol_error.ts";
import type { System } from "../system.ts";
import { isExcepted, proxyVariable } from "./proxy_variables.ts";
import { Refusal } from "./refusal.ts";
import type { Recording } from "./replay.ts";

/** How long a host is left to `fetch` after it could not be reached directly, in milliseconds. */
const DETOUR_TIME = 60_000;

/** Asks for an answer that is not compressed, as `fetch` would take the compression off. */
export const PLAIN = ["accept-encoding", "identity"] as const;

/** A request as it leaves. */
export interface UpstreamRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: FieldList;
  /** The field lines that carry the credential, as they are sent. */
  readonly credential: Uint8Array;
  readonly body: Recording | null;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** Sends a request to a provider and gives its answer as it arrives. @throws {Refusal} */
export type Upstream = (request: UpstreamRequest) => Promise<Answer>;

/** The same, with the variable that names the proxy on the way, if there is one. @throws {Refusal} */
export type Detour = (request: UpstreamRequest, via?: string) => Promise<Answer>;

/**
 * Sends requests over connections of our own, so that what leaves is what was asked for and nothing else: no field is
 * added, no redirect followed, nothing decompressed, nothing sent before the certificate is proven. A host that can't
 * be reached this way is left to `fetch`, which tries all its addresses, and says why not.
 *
 * @throws {Refusal} `upstream_failed`, `upstream_timeout`
 */
export function makeUpstream(
  system: Pick<System, "now" | "sleep" | "env" | "connectTls">,
  fetchUpstream: Detour,
): Upstream {
  // Only the runtime's own `fetch` may reach a proxy.
  const via = proxyVariable(system.env);
  if (via !== undefined) {
    return (request) =>
      fetchUpstream(request, isExcepted(system.env, request.url.hostname) ? undefined : via);
  }
  const pool = new Pool(system, system.connectTls);
  const detours = new Map<string, number>();

  async function open(host: string): Promise<ClientConnection | undefined> {
    if ((detours.get(host) ?? 0) > system.now()) return undefined;
    try {
      return await pool.open(host);
    } catch (error) {
      if (isOutOfDescriptors(error)) {
        pool.closeIdle();
        throw new Refusal("overloaded", "There are too many connections", "try again later");
      }
      detours.set(host, system.now() + DETOUR_TIME);
      return undefined;
    }
  }

  /** A body that could not be sent once more goes over a new connection, which the server has not begun to close. */
  function reuse({ url, body }: UpstreamRequest): ClientConnection | undefined {
    return body === null || body.fits ? pool.reuse(url.hostname) : undefined;
  }

  return async function upstream(request) {
    const { url, method, headers, credential: lines, signal } = request;
    let { body } = request;
    const target = url.pathname + url.search;
    const upgrade = headers.has("upgrade");
    headers.set(...PLAIN);
    for (let connection = reuse(request);; connection = undefined) {
      const used = connection ?? await open(url.hostname);
      if (used === undefined && upgrade) throw noWebSocket(url);
      if (used === undefined) return await fetchUpstream({ ...request, body });
      const close = () => used.close();
      if (signal.aborted) close();
      signal.addEventListener("abort", close);
      try {
        return await used.exchange({ method, target, host: url.host, headers, lines, body, upgrade });
      } catch (error) {
        const wasStale = used.isReused && error instanceof NoAnswer && !signal.aborted && !used.isExpired;
        const again = wasStale ? await rest(body) : undefined;
        if (again === undefined) throw failure(error, used, request);
        body = again;
      } finally {
        signal.removeEventListener("abort", close);
      }
    }
  };
}

/** The body once more, when the first attempt has left it whole. */
async function rest(body: Recording | null): Promise<Recording | null | undefined> {
  if (body === null) return null;
  try {
    while (await body.read() !== undefined);
  } catch {
    return undefined;
  }
  return body.again();
}

function failure(error: unknown, { isExpired }: ClientConnection, { url, signal }: UpstreamRequest): unknown {
  if (signal.aborted) return new Refusal("upstream_failed", "The client went away");
  if (isExpired) return timeout(url);
  if (error instanceof NoAnswer) {
    return unreachable(url, undefined, "the connection broke off");
  }
  if (!(error instanceof ProtocolError)) return error;
  return new Refusal("upstream_failed", `${url.host} did not answer in valid HTTP: ${error.message}`);
}

/** EMFILE, which has no class of its own. */
function isOutOfDescriptors(error: unknown): boolean {
  return error instanceof Error && /os error 24\b/.test(error.message);
}

/** Of a provider that could not be reached. @param via the variable that names the proxy on the way */
export function unreachable(url: URL, via: string | undefined, reason: string): Refusal {
  const way = via === undefined ? "" : ` through ${via}`;
  const message = `${url.host} could not be reached${way}: ${reason}`;
  return new Refusal("upstream_failed", message, "agentgazer doctor");
}

/** `fetch` can't be asked for one. */
export function noWebSocket(url: URL): Refusal {
  return new Refusal(
    "upstream_failed",
    `${url.host} could not be reached directly, as a WebSocket has to be`,
  );
}

/** Of a provider that did not begin its answer in time. */
export function timeout(url: URL): Refusal {
  return new Refusal("upstream_timeout", `${url.host} did not begin its answer within ten minutes`);
}
