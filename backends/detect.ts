import { AppError } from "../lib/errors.ts";
import { BACKENDS, type KeyRecord, type KeyStore, type KeyStores } from "../lib/vault/keystore.ts";

const VARIABLE = "AGENTGAZER_SECRET_BACKEND";

/**
 * Chooses the backend: the one that a vault records, or the best one that is there for a new vault.
 *
 * @param available the backends that work here, best first
 * @param forced the value of `AGENTGAZER_SECRET_BACKEND`
 * @throws {AppError} `usage` for a value that is no backend, `keystore_unavailable` for one that is not there
 */
export function detectKeyStores(
  available: readonly KeyStore[],
  forced: string | undefined,
): KeyStores {
  const name = forced === undefined ? undefined : BACKENDS.find((backend) => backend === forced);
  if (forced !== undefined && name === undefined) {
    throw new AppError(
      "usage",
      `Cannot use the value of ${VARIABLE}: it names no backend`,
      `set it to one of ${BACKENDS.join(", ")}, or unset it`,
    );
  }

  function find(backend: string): KeyStore {
    const store = available.find((candidate) => candidate.backend === backend);
    if (store !== undefined) return store;
    throw new AppError(
      "keystore_unavailable",
      `Cannot use the keystore "${backend}": this version of agentgazer does not support it`,
      name === undefined
        ? "install the version that made this vault"
        : `unset ${VARIABLE}, or set it to ${available.map((one) => one.backend).join(" or ")}`,
    );
  }

  if (name !== undefined) find(name);
  return {
    forNewVault: () => name === undefined ? available[0]! : find(name),
    forRecord(record: KeyRecord): KeyStore {
      if (name !== undefined && name !== record.backend) {
        throw new AppError(
          "keystore_unavailable",
          `Cannot use the keystore "${name}" that ${VARIABLE} asks for: this vault uses "${record.backend}"`,
          `unset ${VARIABLE}`,
        );
      }
      return find(record.backend);
    },
  };
}
