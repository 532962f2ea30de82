import { AppError } from "../errors.ts";
import type { HttpServer, System } from "../system.ts";
import { ownAuthorities } from "./admit.ts";
import { type Handler, type HandlerOptions, makeHandler } from "./handler.ts";

/** How long running requests may take to end after the first signal, in milliseconds. */
const DRAIN_TIMEOUT = 30_000;

/** How long a slow client may take to read the end of its answer, in milliseconds. */
export const FLUSH_TIME = 5000;

/** The pause before a listener that died is started again, in milliseconds. */
const RESTART_PAUSE = 1000;

/** How the proxy is run. */
export interface ProxyOptions
  extends Omit<HandlerOptions, "authorities" | "isDraining" | "onIdle" | "system"> {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Further authorities to answer to. */
  readonly allowHosts: readonly string[];
  readonly system: System;
  /** Called once, when it listens. */
  readonly onListening: (port: number) => Promise<void>;
}

/**
 * Runs the proxy until SIGINT, SIGTERM or SIGHUP: it then accepts no more, lets running requests finish for up to
 * thirty seconds, and ends at once at a second signal.
 *
 * @returns whether every request was finished
 * @throws {AppError} `network_failed` when it can't listen
 */
export async function runProxy(options: ProxyOptions): Promise<boolean> {
  const { host, allowHosts, system, log, onListening } = options;
  const stopping = Promise.withResolvers<void>();
  const stopNow = Promise.withResolvers<void>();
  const idle = Promise.withResolvers<void>();
  let draining = false;
  const forgetSignals = system.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], () => {
    if (draining) stopNow.resolve();
    draining = true;
    stopping.resolve();
  });

  let handler: Handler;
  const listen = (port: number) =>
    startServer(system, { hostname: host, port }, (request) => handler.handle(request));

  async function listenAgain(port: number): Promise<HttpServer | undefined> {
    while (!draining) {
      await system.sleep(RESTART_PAUSE);
      try {
        return listen(port);
      } catch {
        log.event("error", "the listener could not be started again yet");
      }
    }
    return undefined;
  }

  try {
    let server = listen(options.port);
    const { port } = server;
    const authorities = ownAuthorities(port, allowHosts);
    const onIdle = () => draining && idle.resolve();
    handler = makeHandler({ ...options, authorities, isDraining: () => draining, onIdle });
    await onListening(port);
    for (;;) {
      const died = await Promise.race([stopping.promise.then(() => false), ended(server)]);
      if (!died) break;
      log.event("error", "the listener died (out of file descriptors?) and is started again");
      server = await listenAgain(port) ?? server;
    }
    log.event("info", "shutting down: waiting for running requests, a second signal ends at once");
    if (handler.running() === 0) idle.resolve();
    // Connections without a request, or with half of one, are not waited for.
    const finished = idle.promise.then(() => system.sleep(FLUSH_TIME));
    await Promise.race([server.shutdown(), finished, system.sleep(DRAIN_TIMEOUT), stopNow.promise]);
    return handler.running() === 0;
  } finally {
    forgetSignals();
  }
}

async function ended(server: HttpServer): Promise<true> {
  try {
    await server.finished;
  } catch {
    // Why it died does not change what is done.
  }
  return true;
}

function startServer(
  system: System,
  options: Parameters<System["serve"]>[0],
  handler: (request: Request) => Promise<Response>,
): HttpServer {
  try {
    return system.serve(options, handler);
  } catch (error) {
    const address = `${options.hostname}:${options.port}`;
    const taken = error instanceof Error && error.name === "AddrInUse";
    throw new AppError(
      "network_failed",
      `Cannot listen on ${address}: ${taken ? "another program uses the port" : "the system refused"}`,
      "stop that program, or choose another port: agentgazer start --port <port>",
    );
  }
}
