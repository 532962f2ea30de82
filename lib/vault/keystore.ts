/** The places that can guard a vault's key, best first. */
export const BACKENDS = ["keychain", "libsecret", "machine"] as const;

export type BackendName = typeof BACKENDS[number];

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | {
  readonly [name: string]: Json;
};

/** How a vault's key is found again: the backend and what it needs. Stored in the clear, never secret. */
export type KeyRecord = { readonly backend: BackendName } & { readonly [parameter: string]: Json };

/** The vault key, 32 bytes. The receiver imports it and overwrites the bytes. */
export type KeyBytes = Uint8Array<ArrayBuffer>;

/**
 * What a backend knows of a vault's key. Only `absent` means that there is none: the other states are
 * never taken for it. `changed` names what is not as it was when the vault was made, for the message in
 * case the key does not fit.
 */
export type KeyResult =
  | { readonly state: "found"; readonly key: KeyBytes; readonly changed: readonly string[] }
  | {
    readonly state: "absent" | "locked" | "declined" | "denied" | "unavailable" | "corrupt";
    readonly reason: string;
    readonly hint: string;
  };

/** One backend. It gives 32-byte keys and nothing else. */
export interface KeyStore {
  readonly backend: BackendName;
  /**
   * Makes and keeps the key of a new vault. Runs under the vault's lock.
   *
   * @throws {AppError} when the key can't be kept
   */
  create(vaultId: string): Promise<{ readonly key: KeyBytes; readonly record: KeyRecord }>;
  /** Gets the key of an existing vault. It never makes one. */
  open(vaultId: string, record: KeyRecord): Promise<KeyResult>;
}

/** Chooses among the backends. */
export interface KeyStores {
  /** The backend for a new vault. @throws {AppError} `keystore_unavailable`, `usage` */
  forNewVault(): KeyStore;
  /** The backend that an existing vault names. @throws {AppError} `keystore_unavailable`, `usage` */
  forRecord(record: KeyRecord): KeyStore;
}
