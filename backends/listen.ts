import { AppError } from "../lib/errors.ts";
import type { Listener, ListenOptions, TlsFiles } from "../lib/system.ts";

/** What has nothing to do with the certificate. */
const ADDRESS_ERRORS = [Deno.errors.AddrInUse, Deno.errors.AddrNotAvailable, Deno.errors.PermissionDenied];

/**
 * Listens for connections, over TLS when there is a certificate for it. A handshake is made with the first read.
 *
 * @throws {AppError} `usage` when the certificate or its key can't be used; otherwise what the runtime throws
 */
export function listen({ hostname, port, tls }: ListenOptions): Listener {
  const listener = tls === undefined ? Deno.listen({ hostname, port }) : listenTls(hostname, port, tls);
  return {
    port: listener.addr.port,
    async accept() {
      const connection = await listener.accept();
      if ("setNoDelay" in connection) connection.setNoDelay();
      return connection;
    },
    close: () => listener.close(),
  };
}

function listenTls(hostname: string, port: number, tls: TlsFiles): Deno.TlsListener {
  const cert = read(tls.cert, "--tls-cert");
  const key = read(tls.key, "--tls-key");
  try {
    return Deno.listenTls({ hostname, port, cert, key, alpnProtocols: ["http/1.1"] });
  } catch (error) {
    if (ADDRESS_ERRORS.some((one) => error instanceof one)) throw error;
    throw new AppError(
      "usage",
      "Cannot use the certificate and its key: one is not valid PEM, or they do not belong together",
      "--tls-cert takes the whole chain, your certificate first, and --tls-key its private key",
    );
  }
}

function read(path: string, option: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new AppError(
      "usage",
      `Cannot read the file that ${option} names: ${reasonOf(error)}`,
      "name a PEM file that you may read",
    );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "you may not read it";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  return "the system refused";
}
