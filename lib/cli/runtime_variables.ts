import { AppError } from "../errors.ts";
import type { System } from "../system.ts";

/** Variables that change how providers are reached. */
const NETWORK = [
  ...["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"],
  ...["DENO_CERT", "DENO_TLS_CA_STORE"],
];

/** Takes the place of the system's certificates, if those are used at all. */
const CERT_FILE = "SSL_CERT_FILE";

/** Variables under which the runtime itself would break a promise, and what it would do. */
export const FORBIDDEN: Readonly<Record<string, string>> = {
  SSLKEYLOGFILE: "the runtime would write the keys of every TLS connection to that file",
  DENO_SERVE_ADDRESS: "the runtime would listen there, whatever --host and --port say",
};

/**
 * Refuses to go on where the runtime would disclose what is sent.
 *
 * @param what the command would do
 * @throws {AppError} `refused`
 */
export function refuseRuntimeVariables(env: System["env"], what: string): void {
  for (const [name, reason] of Object.entries(FORBIDDEN)) {
    if (env(name) === undefined) continue;
    throw new AppError("refused", `Cannot ${what} while ${name} is set: ${reason}`, `unset ${name}`);
  }
}

/** The names of the variables that change how providers are reached now. */
export function networkVariables(env: System["env"]): string[] {
  const names = NETWORK.filter((name) => env(name) !== undefined);
  const usesFile = env("DENO_TLS_CA_STORE")?.includes("system") && env(CERT_FILE) !== undefined;
  return usesFile === true ? [...names, CERT_FILE] : names;
}
