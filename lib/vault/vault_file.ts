import { type Envelope, formatEnvelope, parseEnvelope } from "./envelope.ts";
import { readGuarded, replaceDurably, stampOf } from "./file.ts";
import type { Home } from "./home.ts";
import { haveSameKey } from "./key.ts";
import { withLock } from "./lock.ts";

/** `vault.json` as a whole: read when it changed, and replaced under the lock. */
export class VaultFile {
  readonly #home: Home;
  #seen: { readonly stamp: string; readonly envelope: Envelope | undefined } | undefined;

  constructor(home: Home) {
    this.#home = home;
  }

  /** Changes whenever the file does. */
  stamp(): string {
    return stampOf(this.#home.vault);
  }

  /**
   * What the file holds now; parsed once per change of the file.
   *
   * @throws {AppError} `vault_damaged`, `vault_unavailable`, `refused`
   */
  read(): Envelope | undefined {
    const stamp = this.stamp();
    if (this.#seen?.stamp === stamp) return this.#seen.envelope;
    const bytes = readGuarded(this.#home.vault);
    const envelope = bytes === undefined ? undefined : parseEnvelope(bytes, this.#home.vault);
    this.#seen = { stamp, envelope };
    return envelope;
  }

  /**
   * Runs `work` under the lock on what the file holds then, unless it has another key than before.
   *
   * @throws {AppError} as {@linkcode VaultFile.read} does
   */
  async locked<T>(
    before: Envelope | undefined,
    work: (current: Envelope | undefined) => Promise<T>,
  ): Promise<T | undefined> {
    return await withLock(this.#home.lock, async () => {
      this.#seen = undefined;
      const current = this.read();
      return haveSameKey(current, before) ? await work(current) : undefined;
    });
  }

  /** Replaces the file; the caller holds the lock. @throws {AppError} `vault_unavailable` */
  replace(envelope: Envelope): void {
    replaceDurably(this.#home.vault, formatEnvelope(envelope));
  }

  /** Whether the file may have this key: when it can't be read, a key that may be needed must be kept. */
  mayHave(envelope: Envelope): boolean {
    try {
      this.#seen = undefined;
      return haveSameKey(this.read(), envelope);
    } catch {
      return true;
    }
  }
}
