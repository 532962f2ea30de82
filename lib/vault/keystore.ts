import { AppError } from "../errors.ts";

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

/** Why a backend was chosen when a vault got its key. The code stands in the vault. */
export const CHOICES = {
  best: "it was the best one on this machine",
  forced: "AGENTGAZER_SECRET_BACKEND asked for it",
  moved: "`agentgazer keystore move` chose it",
  no_gui_session: "there was no graphical session for the Keychain",
  no_bus: "there was no D-Bus session bus",
  no_secret_tool: "secret-tool was not installed",
  no_service: "there was no Secret Service on the session bus",
  no_collection: "the Secret Service had no keyring",
} as const;

export type Choice = keyof typeof CHOICES;

/** Why a key could not be had, in words for the user: what is wrong, and what to type. */
export interface Trouble {
  readonly state: "absent" | "locked" | "declined" | "denied" | "unavailable" | "corrupt";
  readonly reason: string;
  readonly hint: string;
  /** A setting leads to the wrong place, so that nothing is said of beginning anew. */
  readonly isMisnamed?: true;
}

/**
 * What a backend knows of a vault's key. Only `absent` means that there is none: the other states are
 * never taken for it. In case the key does not fit: `changed` names what is not as it was when the vault was
 * made, and `mend` what to type if a setting leads to a wrong place.
 */
export type KeyResult =
  | {
    readonly state: "found";
    readonly key: KeyBytes;
    readonly changed: readonly string[];
    readonly mend?: string | undefined;
  }
  | Trouble;

/**
 * Whether a new key could be kept: `missing` means that there is no such keystore here, so another one may
 * be chosen. A keystore in trouble is there, and is never passed over.
 */
export type ProbeResult =
  | { readonly state: "open" }
  | { readonly state: "missing"; readonly why: Choice; readonly reason: string; readonly hint: string }
  | Trouble;

/** Whether the user named the backend, or the best one is looked for. */
export type Wish = "explicit" | "automatic";

/** A new key and how it is found again. */
export interface NewKey {
  readonly key: KeyBytes;
  readonly record: KeyRecord;
  /** Takes back what was kept for a vault that could not be written then; does not fail. */
  readonly undo?: () => Promise<unknown>;
}

/** One backend. It gives 32-byte keys and nothing else. */
export interface KeyStore {
  readonly backend: BackendName;
  /** What is known of it without trying and without asking. */
  examine(wish: Wish): Promise<ProbeResult>;
  /** Tries whether a new key could be kept, and leaves nothing behind. May ask the user to unlock. */
  probe(wish: Wish): Promise<ProbeResult>;
  /**
   * Makes and keeps a key for this vault and reads it back, after {@linkcode KeyStore.probe} said that it is
   * open. Runs under the vault's lock, so it never waits for the user.
   *
   * @throws {AppError} `keystore_unavailable` and others when the key can't be kept
   */
  create(vaultId: string): Promise<NewKey>;
  /** Gets the key of an existing vault. It never makes one. May ask the user to unlock, unless `silently`. */
  open(vaultId: string, record: KeyRecord, silently?: boolean): Promise<KeyResult>;
  /** Removes a key that no vault needs any more. What can't be removed is told. */
  remove(vaultId: string): Promise<Trouble | undefined>;
}

/** The backend for a new vault, and why this one. */
export interface ChosenStore {
  readonly store: KeyStore;
  readonly chosen: Choice;
}

/** The backend that a new vault would get, and what speaks against it. */
export interface Prospect {
  readonly backend: BackendName;
  readonly chosen: Choice;
  readonly trouble: Trouble | undefined;
}

/** Chooses among the backends. */
export interface KeyStores {
  /** Tries them, best first. May ask the user to unlock. @throws {AppError} `keystore_unavailable`, `usage` */
  forNewVault(): Promise<ChosenStore>;
  /** What {@linkcode KeyStores.forNewVault} would choose, without trying and without asking. */
  prospect(): Promise<Prospect>;
  /** The backend that an existing vault names. @throws {AppError} `keystore_unavailable`, `usage` */
  forRecord(record: KeyRecord): KeyStore;
  /** A backend by its name, whatever is forced. @throws {AppError} `keystore_unavailable` */
  named(backend: BackendName): KeyStore;
}

/** The error of a command that can't go on without the key. */
export function keystoreError({ reason, hint }: Pick<Trouble, "reason" | "hint">): AppError {
  return new AppError("keystore_unavailable", reason, hint);
}
