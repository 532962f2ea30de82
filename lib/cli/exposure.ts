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
    const [given, other] = key === undefined ? ["--tls-cert", "--tls-key"] : ["--tls-key", "--tls-cert"];
    throw new AppError("usage", `Cannot use ${given} without ${other}`, `add ${other} <file>`);
  }
  if (cert !== undefined && key !== undefined) {
    if (!insecureHttp) return { cert, key };
    throw new AppError("usage", "Cannot use --insecure-http together with a certificate", "leave one out");
  }
  if (isLoopback(host) || insecureHttp) return undefined;
  throw new AppError(
    "refused",
    `Cannot listen on ${host} without TLS: others on the network could read tokens and prompts`,
    "add --tls-cert <file> --tls-key <file>; or --insecure-http, if others may read them",
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
