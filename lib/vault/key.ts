import { AppError } from "../errors.ts";
import { boundToCheck, damaged, type Envelope } from "./envelope.ts";
import { quote } from "./guard.ts";
import { type ChosenStore, type KeyRecord, type KeyStore, keystoreError, type Trouble } from "./keystore.ts";
import { canonical, importKey, seal, unseal } from "./seal.ts";

/** Where a key is got from. */
export interface KeySource {
  forRecord(record: KeyRecord): Pick<KeyStore, "open">;
}

/** Gets a vault's key from the backend that the vault records, and holds it as long as the record is the same. */
export class VaultKey {
  readonly #path: string;
  readonly #random: (length: number) => Uint8Array<ArrayBuffer>;
  #held: { readonly record: string; readonly key: Promise<CryptoKey> } | undefined;

  /** @param path of the vault, for messages */
  constructor(path: string, random: (length: number) => Uint8Array<ArrayBuffer>) {
    this.#path = path;
    this.#random = random;
  }

  /**
   * The key of this vault. Who asks while it is being got waits for the same answer.
   *
   * @throws {AppError} `key_mismatch`, `keystore_unavailable`, `vault_damaged`
   */
  of(envelope: Envelope, keys: KeySource): Promise<CryptoKey> {
    const record = recordText(envelope);
    if (this.#held?.record === record) return this.#held.key;
    const held = { record, key: this.#get(envelope, keys) };
    this.#held = held;
    held.key.catch(() => {
      if (this.#held === held) this.#held = undefined;
    });
    return held.key;
  }

  /**
   * Makes a key for the vault with this id, and the vault without entries.
   *
   * @param folder where the vault is made: a copy of it shares the key
   *
   * @returns also how the key is taken back if that vault can't be written
   * @throws {AppError}
   */
  async make(
    id: string,
    folder: string,
    { store, chosen }: ChosenStore,
  ): Promise<{ readonly envelope: Envelope; readonly undo: () => Promise<unknown> }> {
    const { key: bytes, record, undo = () => Promise.resolve() } = await store.create(id);
    const key = await importKey(bytes);
    const full = { ...record, chosen, folder };
    const check = await seal(key, boundToCheck(id, full), "", this.#random);
    const envelope = { id, key: full, check, entries: new Map() };
    this.#held = { record: recordText(envelope), key: Promise.resolve(key) };
    return { envelope, undo };
  }

  async #get(envelope: Envelope, keys: KeySource): Promise<CryptoKey> {
    const { id, key: record, check } = envelope;
    const result = await keys.forRecord(record).open(id, record);
    if (result.state === "absent" || result.state === "corrupt") throw keystoreError(this.#orLost(result));
    if (result.state !== "found") throw keystoreError(result);
    const key = await importKey(result.key);
    const fits = await unseal(key, boundToCheck(id, record), check);
    if (fits === undefined) throw this.#misfit(result.changed, result.mend);
    return key;
  }

  #misfit(changed: readonly string[], mend: string | undefined): AppError {
    if (changed.length === 0) return damaged(this.#path, '"key" was changed');
    return new AppError(
      "key_mismatch",
      `Cannot open ${this.#path}: ${changed.join(" and ")}`,
      mend ?? this.#orLost({ hint: "use it as that user, on that machine, with that key" }).hint,
    );
  }

  /** What can be done when nothing brings the key back. */
  #orLost<T extends Pick<Trouble, "hint" | "isMisnamed">>(trouble: T): T {
    if (trouble.isMisnamed) return trouble;
    const [path, aside] = [quote(this.#path), quote(this.#path + ".lost")];
    return {
      ...trouble,
      hint: `${trouble.hint}; if the key is lost: mv ${path} ${aside}, and store the keys again`,
    };
  }
}

/** Whether two states of the vault file have the same key, or both are none. */
export function haveSameKey(a: Envelope | undefined, b: Envelope | undefined): boolean {
  return (a && recordText(a)) === (b && recordText(b));
}

function recordText({ id, key, check }: Envelope): string {
  return canonical({ id, record: key, check: { ...check } });
}
