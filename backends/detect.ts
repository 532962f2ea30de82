import { AppError } from "../lib/errors.ts";
import {
  type BackendName,
  BACKENDS,
  type Choice,
  type ChosenStore,
  type KeyRecord,
  type KeyStore,
  keystoreError,
  type KeyStores,
} from "../lib/vault/keystore.ts";

const VARIABLE = "AGENTGAZER_SECRET_BACKEND";

/**
 * Chooses the backend: the one that a vault records, or the best one that is there for a new vault.
 *
 * @param available the backends of this operating system, best first
 * @param forced the value of `AGENTGAZER_SECRET_BACKEND`
 * @throws {AppError} `usage` for a value that is no backend, `keystore_unavailable` for one that is not there
 */
export function detectKeyStores(available: readonly KeyStore[], forced: string | undefined): KeyStores {
  const name = forced === undefined ? undefined : BACKENDS.find((backend) => backend === forced);
  if (forced !== undefined && name === undefined) {
    throw new AppError(
      "usage",
      `Cannot use the value of ${VARIABLE}: it names no backend`,
      `set it to one of ${BACKENDS.join(", ")}, or unset it`,
    );
  }

  function named(backend: BackendName): KeyStore {
    const store = available.find((candidate) => candidate.backend === backend);
    if (store !== undefined) return store;
    throw new AppError(
      "keystore_unavailable",
      `Cannot use the keystore "${backend}": this operating system does not have it`,
      `here there are ${available.map((one) => one.backend).join(" and ")}`,
    );
  }

  /** The first that is there. One that is there but locked ends the search: it is never passed over. */
  async function best(): Promise<ChosenStore> {
    let chosen: Choice = "best";
    for (const store of available) {
      const probe = await store.probe("automatic");
      if (probe.state === "open") return { store, chosen };
      if (probe.state !== "missing") {
        const { reason, hint } = probe;
        throw keystoreError({ reason, hint: `${hint}; or keep the key in a file: ${VARIABLE}=machine` });
      }
      chosen = probe.why;
    }
    throw new Error("The machine backend is always there");
  }

  async function forNewVault(): Promise<ChosenStore> {
    if (name === undefined) return await best();
    const store = named(name);
    const probe = await store.probe("explicit");
    if (probe.state === "open") return { store, chosen: "forced" };
    throw keystoreError({ reason: probe.reason, hint: `${probe.hint}; or unset ${VARIABLE}` });
  }

  function forRecord(record: KeyRecord): KeyStore {
    if (name === undefined || name === record.backend) return named(record.backend);
    throw new AppError(
      "keystore_unavailable",
      `Cannot use the keystore "${name}" that ${VARIABLE} asks for: this vault uses "${record.backend}"`,
      `agentgazer keystore move --to ${name}; or unset ${VARIABLE}`,
    );
  }

  if (name !== undefined) named(name);
  return { forNewVault, forRecord, named };
}
