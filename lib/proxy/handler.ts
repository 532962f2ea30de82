import { AppError, describeBug } from "../errors.ts";
import type { Answer } from "../http/message.ts";
import type { ProtocolError } from "../http/protocol_error.ts";
import { type Reply, type ServerRequest, TIMED_OUT, type Transfer } from "../http/service.ts";
import type { ErrorDialect, Provider } from "../providers/table.ts";
import type { System } from "../system.ts";
import type { Client } from "../vault/client.ts";
import type { EntryFields } from "../vault/envelope.ts";
import { admit, type Authorities } from "./admit.ts";
import type { Capacity } from "./capacity.ts";
import { presentedTokens, withoutCarriers, withoutKeys } from "./carriers.ts";
import {
  credentialMissing,
  refuseElsewhere,
  refuseForbidden,
  refuseToken,
  refuseUnsendable,
  tokenRefusal,
  unknownToken,
} from "./checks.ts";
import type { Credentials } from "./credentials.ts";
import { type Credential, inject } from "./inject.ts";
import { type Log, loggable, newRequestLine, type RequestLine } from "./log.ts";
import { Recorder, type Recording, sendRenewing } from "./replay.ts";
import { jsonAnswer, protocolRefusal, Refusal, refusalAnswer, refusalOf } from "./refusal.ts";
import { relay } from "./relay.ts";
import { dialectOf, type Route, route } from "./route.ts";
import type { Upstream } from "./upstream.ts";
import { asksForWebSocket, takeHandshake } from "./websocket.ts";

/** What requests are handled with. */
export interface HandlerOptions {
  readonly version: string;
  readonly authorities: Authorities;
  readonly credentials: Credentials;
  readonly upstream: Upstream;
  /**
   * Where a provider is: one of the places in its row of the table.
   *
   * @param entry what stands in the clear of its credential, if there is one
   */
  readonly baseOf: (provider: Provider, entry: EntryFields | undefined) => string;
  readonly log: Log;
  readonly capacity: Pick<Capacity, "enter">;
  readonly system: Pick<System, "now">;
  /** Whether the proxy is about to end and takes no new work. */
  readonly isDraining: () => boolean;
  /** Called whenever the last running request has ended. */
  readonly onIdle: () => void;
}

/** Answers requests. */
export interface Handler {
  handle(request: ServerRequest): Promise<Reply>;
  /** Answers what is not a request, of which nothing is known. */
  refuse(error: ProtocolError): Reply;
  /** Answers a request for which there is no room. */
  shed(request: ServerRequest): Reply;
  /** How many requests have not ended yet, without the WebSockets that are open. */
  running(): number;
}

/** What becomes known of a request on its way: its log line, and the shape that errors should have. */
interface Progress {
  readonly line: RequestLine;
  dialect: ErrorDialect;
  /** To be called when the request has ended. */
  leave(): void;
}

/**
 * Makes the function that answers every request. The order of its steps is the promise: whatever could refuse
 * a request comes before the credential, and the credential is put in last.
 */
export function makeHandler(options: HandlerOptions): Handler {
  const { version, authorities, capacity, credentials, upstream, baseOf, log, system, isDraining, onIdle } =
    options;
  const userAgent = `agentgazer/${version}`;
  const recorder = new Recorder();
  const startedAt = system.now();
  let running = 0;

  async function forward(request: ServerRequest, progress: Progress): Promise<Answer> {
    const { line } = progress;
    const target = admit(request, authorities);
    line.path = loggable(target.path);
    progress.dialect = dialectOf(target.path);
    if (target.path === "/health") return health();
    if (isDraining()) throw new Refusal("draining", "The proxy is shutting down", "try again later");

    const { client, token } = identify(presentedTokens(request.headers, target.query));
    line.client = client.name;
    progress.leave = capacity.enter(client.name);
    const to = route(
      target,
      request.headers.get("x-target-url"),
      (query) => withoutKeys(query, token),
      (provider) => baseOf(provider, credentials.entryOf(provider)),
    );
    line.agent = loggable(to.agent ?? "-");
    const provider = choose(to);
    line.provider = provider.id;
    progress.dialect = provider.errors;
    refuseForbidden(client, provider, to.url);
    refuseUnsendable(request);
    refuseToken(to.url, token);

    const headers = withoutCarriers(request.headers, token);
    const key = asksForWebSocket(request.headers)
      ? takeHandshake(headers, request.headers, request.method, token)
      : undefined;
    const credential = await credentials.open(provider, client);
    if (credential === undefined) throw credentialMissing(provider);
    if (credential.entry?.kind === "login") refuseElsewhere(to.url, baseOf(provider, credential.entry));
    const { method, signal } = request;
    const send = (using: Credential, body: Recording | null) => {
      const line = inject(headers, provider, to.url, using, userAgent);
      return upstream({ url: to.url, method, headers, credential: line, body, signal });
    };
    const body = request.body && recorder.record(request.body);
    try {
      return relay(
        provider.auth === "oauth"
          ? await sendRenewing(
            body,
            send,
            credential,
            (refused) => credentials.openAnother(provider, client, refused),
          )
          : await send(credential, body),
        key,
      );
    } finally {
      body?.forget();
    }
  }

  function health(): Answer {
    const uptime = Math.round(system.now() - startedAt);
    return jsonAnswer(200, { status: "ok", version, uptime_ms: uptime });
  }

  function identify(tokens: readonly string[]): { client: Client; token: string } {
    const known = tokens.flatMap((token) => {
      const client = lookUp(() => credentials.client(token));
      return client === undefined ? [] : [{ client, token }];
    });
    const [first, ...others] = known;
    if (first === undefined) {
      const expired = tokens.map((token) => lookUp(() => credentials.expired(token)));
      throw unknownToken(tokens, expired.find((client) => client !== undefined));
    }
    if (others.every(({ client }) => client.name === first.client.name)) return first;
    throw tokenRefusal("The request has the tokens of two clients");
  }

  /** What is wrong with the vault is not told to somebody who is not known yet. */
  function lookUp(find: () => Client | undefined): Client | undefined {
    try {
      return find();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.event("error", `${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}`);
      throw new Refusal(
        "vault_unavailable",
        "The vault can't be read",
        "look at the log of `agentgazer start`",
      );
    }
  }

  /** The first provider that has a credential, else the first. */
  function choose({ providers }: Route): Provider {
    return providers.find((provider) => credentials.has(provider)) ?? providers[0];
  }

  function finish(): void {
    running--;
    if (running === 0) onIdle();
  }

  async function handle(request: ServerRequest): Promise<Reply> {
    running++;
    const begun = system.now();
    const line = newRequestLine(request.method, begun);
    const progress: Progress = { line, dialect: "openai", leave() {} };
    try {
      return reply(progress, begun, await forward(request, progress));
    } catch (error) {
      const refusal = refusalFor(request, error);
      if (refusal.code === "bug") log.event("error", `bug: ${describeBug(error)}`);
      line.error = isGone(request) ? "client_gone" : refusal.code;
      return reply(progress, begun, refusalAnswer(refusal, progress.dialect));
    }
  }

  function refuse(error: ProtocolError): Reply {
    return refuseUnread("-", protocolRefusal(error));
  }

  function shed({ method }: ServerRequest): Reply {
    return refuseUnread(
      method,
      new Refusal("overloaded", "There are too many connections", "try again later"),
    );
  }

  function refuseUnread(method: string, refusal: Refusal): Reply {
    running++;
    const begun = system.now();
    const line = newRequestLine(method, begun);
    line.error = refusal.code;
    return reply({ line, dialect: "openai", leave() {} }, begun, refusalAnswer(refusal, "openai"));
  }

  function reply(progress: Progress, begun: number, answer: Answer): Reply {
    const { line } = progress;
    line.status = answer.status;
    // A WebSocket may stay open for hours, so that nobody waits for its end.
    const isWebSocket = answer.upload !== undefined;
    if (isWebSocket) finish();
    return {
      answer,
      ended({ bytes, end }: Transfer) {
        // A refusal of ours has no bytes of a provider.
        if (line.error === undefined) {
          line.bytes = bytes;
          if (end !== "complete") line.error = end;
        }
        line.ms = Math.max(0, Math.round(system.now() - begun));
        log.request(line);
        progress.leave();
        if (!isWebSocket) finish();
      },
    };
  }

  return { handle, refuse, shed, running: () => running };
}

/** What a client did wrong on the way counts, and not what came of it. */
function refusalFor({ body, signal }: ServerRequest, error: unknown): Refusal {
  if (body?.refusal !== undefined) return protocolRefusal(body.refusal);
  if (signal.reason === TIMED_OUT) return new Refusal("request_timeout", "The request took too long");
  return refusalOf(error);
}

function isGone({ signal }: ServerRequest): boolean {
  return signal.aborted && signal.reason !== TIMED_OUT;
}
