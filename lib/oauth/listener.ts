import { AppError } from "../errors.ts";
import type { HttpServer, System } from "../system.ts";

/** How long the browser may take to read the last page, in milliseconds. */
const FLUSH_TIME = 1000;

/** What answers requests. */
export interface RequestHandler {
  handle(request: Request): Promise<Response>;
}

/** A server on `localhost`, for the time of one login. */
export interface Listener<Handler> {
  readonly port: number;
  readonly handler: Handler;
  /** Accepts no more, ends every connection that waits for a request, and lets the last answer be read. */
  close(): Promise<void>;
}

/**
 * Listens on the loopback addresses on the first of these ports that is free on both: a browser may take either for
 * `localhost`.
 *
 * @param make the handler, which may need to know the port
 * @throws {AppError} `network_failed` when another program has all of them
 */
export function listen<Handler extends RequestHandler>(
  system: Pick<System, "serve" | "sleep">,
  ports: readonly number[],
  make: (port: number) => Handler,
  hint: string,
): Listener<Handler> {
  for (const port of ports) {
    const handler = make(port);
    const servers = listenOn(system, port, (request) => handler.handle(request));
    if (servers === undefined) continue;
    return { port, handler, close: () => closeAll(system, servers) };
  }
  throw new AppError(
    "network_failed",
    `Cannot listen on localhost, port ${ports.join(" or ")}: other programs use them, ` +
      "such as an unfinished login of Codex CLI, opencode or agentgazer",
    hint,
  );
}

function listenOn(
  system: Pick<System, "serve">,
  port: number,
  handler: (request: Request) => Promise<Response>,
): HttpServer[] | undefined {
  const servers: HttpServer[] = [];
  for (const hostname of ["127.0.0.1", "::1"]) {
    try {
      const server = system.serve({ hostname, port }, handler);
      server.finished.catch(() => {});
      servers.push(server);
    } catch (error) {
      // A machine without IPv6 never takes localhost for ::1.
      if (hostname === "::1" && !(error instanceof Error && error.name === "AddrInUse")) continue;
      for (const server of servers) void server.shutdown();
      return undefined;
    }
  }
  return servers;
}

async function closeAll(system: Pick<System, "sleep">, servers: readonly HttpServer[]): Promise<void> {
  const closed = Promise.all(servers.map((server) => server.shutdown()));
  // Half a request would be waited for without end.
  await Promise.race([closed, system.sleep(FLUSH_TIME)]);
}
