import { AppError } from "../errors.ts";
import type { HttpServer, System } from "../system.ts";
import { ownAuthorities } from "./admit.ts";
import { type HandlerOptions, makeHandler } from "./handler.ts";

/** How long running requests may take to end after the first signal, in milliseconds. */
const DRAIN_TIMEOUT = 30_000;

/** The pause before a listener that died is started again, in milliseconds. */
const RESTART_PAUSE = 1000;

/** How the proxy is run. */
export interface ProxyOptions extends Omit<HandlerOptions, "authorities" | "isDraining" | "system"> {
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
 * Runs the proxy until SIGINT or SIGTERM: it then accepts no more, lets running requests finish for up to
 * thirty seconds, and ends at once at a second signal.
 *
 * @returns whether every request was finished
 * @throws {AppError} `network_failed` when it can't listen
 */
export async function runProxy(options: ProxyOptions): Promise<boolean> {
  const { host, allowHosts, system, log, onListening } = options;
  const stopping = Promise.withResolvers<void>();
  const stopNow = Promise.withResolvers<false>();
  let draining = false;
  const forgetSignals = system.onSignals(["SIGINT", "SIGTERM"], () => {
    if (draining) stopNow.resolve(false);
    draining = true;
    stopping.resolve();
  });

  let handle: (request: Request) => Promise<Response>;
  const listen = (port: number) =>
    startServer(system, { hostname: host, port }, (request) => handle(request));

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
    handle = makeHandler({ ...options, authorities, isDraining: () => draining });
    await onListening(port);
    for (;;) {
      const died = await Promise.race([stopping.promise.then(() => false), ended(server)]);
      if (!died) break;
      log.event("error", "the listener died (out of file descriptors?) and is started again");
      server = await listenAgain(port) ?? server;
    }
    log.event("info", "shutting down: waiting for running requests, a second signal ends at once");
    const drained = server.shutdown().then(() => true);
    const timedOut = system.sleep(DRAIN_TIMEOUT).then(() => false);
    return await Promise.race([drained, timedOut, stopNow.promise]);
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
