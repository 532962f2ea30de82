import { Server } from "../http/server.ts";
import type { System, TlsFiles } from "../system.ts";
import { ownAuthorities } from "./admit.ts";
import { Capacity } from "./capacity.ts";
import { type HandlerOptions, makeHandler } from "./handler.ts";
import { startListening, type WhoseProxy } from "./listening.ts";

/** How long running requests may take to end after the first signal, in milliseconds. */
export const DRAIN_TIMEOUT = 30_000;

/** How the proxy is run. */
export interface ProxyOptions
  extends Omit<HandlerOptions, "authorities" | "capacity" | "isDraining" | "onIdle" | "system"> {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Makes clients speak TLS. */
  readonly tls?: TlsFiles | undefined;
  /** Further authorities to answer to. */
  readonly allowHosts: readonly string[];
  readonly system: System;
  readonly whoseProxy: WhoseProxy;
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
  const { allowHosts, system, log, onListening } = options;
  const stopping = Promise.withResolvers<void>();
  const stopNow = Promise.withResolvers<void>();
  const idle = Promise.withResolvers<void>();
  let draining = false;
  const forgetSignals = system.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], () => {
    if (draining) stopNow.resolve();
    draining = true;
    stopping.resolve();
  });

  try {
    const onPlain = () => log.event("info", "a client spoke plain HTTP, or something else that is not TLS");
    const { host, port: asked, tls, whoseProxy } = options;
    const listener = await startListening(system, { hostname: host, port: asked, tls }, whoseProxy, onPlain);
    const { port } = listener;
    const authorities = ownAuthorities(port, allowHosts);
    const isDraining = () => draining;
    const onIdle = () => draining && idle.resolve();
    const capacity = new Capacity(system);
    const handler = makeHandler({ ...options, authorities, capacity, isDraining, onIdle });
    const server = new Server(listener, {
      now: system.now,
      sleep: system.sleep,
      handle: handler.handle,
      refuse: handler.refuse,
      isDraining,
      hasRoom: (open) => capacity.hasRoom(open),
      shed: handler.shed,
      onTrouble: () => log.event("error", "no connection can be taken now (out of file descriptors?)"),
    });
    const serving = server.run();
    await onListening(port);
    await stopping.promise;
    server.close();
    const running = handler.running();
    if (running === 0) idle.resolve();
    else {
      const what = running === 1 ? "1 request" : `${running} requests`;
      log.event("info", `waiting for ${what} to end; Ctrl-C again ends at once`);
    }
    // Connections without a request, or with half of one, are not waited for.
    await Promise.race([idle.promise, system.sleep(DRAIN_TIMEOUT), stopNow.promise]);
    await serving;
    log.event("info", "stopped");
    return handler.running() === 0;
  } finally {
    forgetSignals();
  }
}
