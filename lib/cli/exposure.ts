import { AppError } from "../errors.ts";
import type { TlsFiles } from "../system.ts";
import type { StartOptions } from "./start.ts";

/**
 * What the proxy listens with: beyond loopback, a token must not cross the network in the clear unless that was asked
 * for.
 *
 * @returns the files for TLS, if any
 * @throws {AppError} `usage`, `refused`
 */
export function tlsFor(
  { host, tlsCert: cert, tlsKey: key, insecureHttp }: StartOptions,
): TlsFiles | undefined {
  if ((cert === undefined) !== (key === undefined)) {
    throw new AppError(
      "usage",
      "Cannot use TLS with half of what it takes",
      "give both --tls-cert and --tls-key",
    );
  }
  if (cert !== undefined && key !== undefined) {
    if (!insecureHttp) return { cert, key };
    throw new AppError("usage", "Cannot use --insecure-http together with a certificate", "leave one out");
  }
  if (isLoopback(host) || insecureHttp) return undefined;
  throw new AppError(
    "refused",
    "Cannot listen beyond loopback without TLS: tokens and prompts would cross the network in the clear",
    "agentgazer start --host <address> --tls-cert <file> --tls-key <file>, or --insecure-http if you accept that",
  );
}

/** Where programs on this machine reach the proxy. @param names further ones it goes by */
export function addressOf(
  host: string,
  port: number,
  tls: TlsFiles | undefined,
  names: readonly string[],
): string {
  if (tls === undefined) return `http://${localName(host)}:${port}`;
  // The certificate is for a name, which is one of those that the proxy was told.
  const name = names[0] ?? localName(host);
  return `https://${/:\d+$/.test(name) ? name : `${name}:${port}`}`;
}

/** Whether nothing but this machine can reach it there. */
export function isLoopback(host: string): boolean {
  return host === "127.0.0.1" || host === "::1";
}

function localName(host: string): string {
  return host.includes(":") ? "[::1]" : "127.0.0.1";
}
