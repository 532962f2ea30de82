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
  type ProbeResult,
  type Prospect,
  type Wish,
} from "../lib/vault/keystore.ts";

const VARIABLE = "AGENTGAZER_SECRET_BACKEND";

/**
 * Chooses the backend: the one that a vault records, or the best one that is there for a new vault.
 *
 * @param available the backends of this operating system, best first
 * @param forced the value of `AGENTGAZER_SECRET_BACKEND`
 * @param tellFallback tells the user that the key of a new vault is in a file, for want of something better
 * @throws {AppError} `usage` for a value that is no backend, `keystore_unavailable` for one that is not there
 */
export function detectKeyStores(
  available: readonly KeyStore[],
  forced: string | undefined,
  tellFallback: () => void = () => {},
): KeyStores {
  const name = forced === undefined ? undefined : BACKENDS.find((backend) => backend === forced);
  if (forced !== undefined && name === undefined) {
    throw new AppError(
      "usage",
      `Cannot use the value of ${VARIABLE}: it names no keystore`,
      `set it to one of ${BACKENDS.join(", ")}, or unset it`,
    );
  }

  function named(backend: BackendName): KeyStore {
    const store = available.find((candidate) => candidate.backend === backend);
    if (store !== undefined) return store;
    throw new AppError(
      "keystore_unavailable",
      `Cannot use the keystore "${backend}": this operating system does not have it`,
      `use ${available.map((one) => one.backend).join(" or ")}`,
    );
  }

  /** The first that is there. One that is there but locked ends the search: it is never passed over. */
  async function choose(
    look: (store: KeyStore, wish: Wish) => Promise<ProbeResult>,
  ): Promise<ChosenStore & { readonly result: ProbeResult }> {
    if (name !== undefined) {
      const store = named(name);
      return { store, chosen: "forced", result: await look(store, "explicit") };
    }
    let passedOver: Choice | undefined;
    for (const store of available) {
      const result = await look(store, "automatic");
      if (result.state !== "missing") return { store, chosen: passedOver ?? "best", result };
      // The best one says most: on a Mac, that there was no session for the Keychain.
      passedOver ??= result.why;
    }
    throw new Error("The machine backend is always there");
  }

  async function forNewVault(): Promise<ChosenStore> {
    const { store, chosen, result } = await choose((one, wish) => one.probe(wish));
    if (result.state === "open") {
      const isFallback = store.backend === "machine" && chosen !== "forced" && chosen !== "best";
      return { store: isFallback ? telling(store) : store, chosen };
    }
    const way = name === undefined
      ? `or keep the key in a file: export ${VARIABLE}=machine`
      : `or unset ${VARIABLE}`;
    throw keystoreError({ reason: result.reason, hint: `${result.hint}; ${way}` });
  }

  /** Tells it when the key is made, since a vault that is not made in the end keeps none. */
  function telling(store: KeyStore): KeyStore {
    return {
      ...store,
      async create(...key) {
        const made = await store.create(...key);
        tellFallback();
        return made;
      },
    };
  }

  async function prospect(): Promise<Prospect> {
    const { store: { backend }, chosen, result } = await choose((one, wish) => one.examine(wish));
    if (result.state === "open") return { backend, chosen, trouble: undefined };
    const { reason, hint } = result;
    const state = result.state === "missing" ? "unavailable" : result.state;
    return { backend, chosen, trouble: { state, reason, hint } };
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
  return { forNewVault, prospect, forRecord, named };
}
