import { AppError } from "../errors.ts";
import type { RefresherOptions } from "./refresh.ts";
import type { Grant } from "./service.ts";
import { hasSameTokens, replaceLogin, type StoredLogin } from "./stored_login.ts";

/** How often new tokens are stored again when that failed, and the pause between, in milliseconds. */
const TRIES = 5;
const PAUSE = 1000;

/** What a service gave until it is stored. The old token is spent by then, so the new one is not given up lightly. */
export class UnsavedGrants {
  readonly #options: Pick<RefresherOptions, "vault" | "system" | "tell">;
  readonly #grants = new Map<string, { readonly before: StoredLogin; readonly grant: Grant }>();

  constructor(options: Pick<RefresherOptions, "vault" | "system" | "tell">) {
    this.#options = options;
  }

  /** Whether something of this provider waits to be stored. */
  has(id: string): boolean {
    return this.#grants.has(id);
  }

  /**
   * Stores a grant in place of the login that it renews, and tries it several times.
   *
   * @throws {AppError} when it could not be stored; then it waits
   */
  async keep(id: string, before: StoredLogin, grant: Grant): Promise<void> {
    const { system, tell } = this.#options;
    this.#grants.set(id, { before, grant });
    for (let tries = TRIES;; tries--) {
      try {
        return await this.store(id);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        const { code, message, hint } = error;
        if (tries === 1) {
          throw new AppError(code, `The new token of ${id} could not be stored: ${message}`, hint);
        }
        tell("warn", `${id}: its new token could not be stored yet: ${message}`);
        await system.sleep(PAUSE);
      }
    }
  }

  /**
   * Stores what waits, unless somebody else changed the login since. To be called under the login's lock.
   *
   * @throws {AppError} as `Vault.change` does
   */
  async store(id: string): Promise<void> {
    const unsaved = this.#grants.get(id);
    if (unsaved === undefined) return;
    await replaceLogin(this.#options.vault, id, unsaved.before, unsaved.grant, hasSameTokens);
    this.#grants.delete(id);
  }
}
