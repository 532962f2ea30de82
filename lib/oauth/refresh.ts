import { AppError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { System } from "../system.ts";
import type { EntryFields } from "../vault/envelope.ts";
import type { Home } from "../vault/home.ts";
import { haveSameToken, type LoginFields, loginFields, type RefreshFailure } from "../vault/login.ts";
import type { Vault } from "../vault/vault.ts";
import { isDue, isOver, mayTry } from "./due.ts";
import type { Renewal, Service } from "./service.ts";
import { isUnchanged, readLogin, replaceLogin, type StoredLogin, withLoginLock } from "./stored_login.ts";
import { UnsavedGrants } from "./unsaved.ts";

/** A token that was renewed because the provider refused it, and is refused again, is not renewed for so long. */
const STUBBORN = 5 * 60_000;

/** What logins are kept fresh with. */
export interface RefresherOptions {
  readonly vault: Vault;
  readonly home: Home;
  readonly services: readonly Service[];
  readonly system: Pick<System, "now" | "sleep">;
  /** Takes what an operator should read; never a secret. */
  readonly tell: (level: "warn" | "debug", message: string) => void;
}

/**
 * Renews the tokens of logins: one process at a time for each login, since a refresh token is good for one use.
 * Other work on the vault goes on meanwhile. New tokens are used only once they are stored.
 */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #replacing = new Map<string, { readonly refused: Secret; readonly done: Promise<boolean> }>();
  /** All that may have spent a token and not stored another one yet. */
  readonly #renewals = new Set<Promise<void>>();
  readonly #unsaved: UnsavedGrants;
  /** The failures that could not be stored, and what they are of. */
  readonly #failures = new Map<string, { readonly entry: EntryFields; readonly failure: RefreshFailure }>();
  /** The tokens that replaced refused ones, and when. */
  readonly #replaced = new Map<string, { readonly token: Secret; readonly at: number }>();

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#unsaved = new UnsavedGrants(options);
  }

  /**
   * Renews the login's token if it ends soon. A refresh that fails is no error while the token is good.
   *
   * @param entry what stands of it in the clear now
   * @throws {AppError} `login_required`, `network_failed`; as `Vault.open` and `Vault.change` do
   */
  async ensure(id: string, entry: EntryFields): Promise<void> {
    const fields = this.#fieldsOf(id, entry);
    const isGood = () => !isOver(fields, this.#options.system.now());
    if (fields.renewable !== true && !isGood()) throw ended(id);
    if (!this.#unsaved.has(id)) {
      if (!this.#isDue(id, fields)) return;
      if (!mayTry(fields, this.#options.system.now())) {
        if (isGood()) return;
        throw failureOf(id, fields.lastError!);
      }
    }
    try {
      await this.#once(id);
    } catch (error) {
      // What is not stored is in nobody's hands but ours.
      if (!(error instanceof AppError) || !isGood() || this.#unsaved.has(id)) throw error;
      this.#options.tell("debug", `${id}: ${error.message}; its token is still good`);
    }
  }

  /**
   * Renews a login whose token the provider refused, unless another one is stored by now; whether there is another.
   *
   * @throws {AppError} as {@linkcode Refresher.ensure} does
   */
  replace(id: string, refused: Secret): Promise<boolean> {
    const running = this.#replacing.get(id);
    if (running !== undefined && haveSameToken(running.refused, refused)) return running.done;
    const done = this.#replaceOnce(id, refused).finally(() => {
      if (this.#replacing.get(id)?.done === done) this.#replacing.delete(id);
    });
    this.#replacing.set(id, { refused, done });
    return done;
  }

  /** Waits until nothing that was begun can be lost any more. To be called before the process ends. */
  async settle(): Promise<void> {
    while (this.#renewals.size > 0) await Promise.allSettled(this.#renewals);
  }

  async #replaceOnce(id: string, refused: Secret): Promise<boolean> {
    const { system } = this.#options;
    const last = this.#replaced.get(id);
    const age = last === undefined ? Infinity : system.now() - last.at;
    if (last !== undefined && haveSameToken(last.token, refused) && age >= 0 && age < STUBBORN) return false;
    await this.#renew(id, ({ login }) => haveSameToken(login.accessToken, refused));
    const stored = await readLogin(this.#options.vault, id);
    if (stored === undefined) return false;
    this.#replaced.set(id, { token: stored.login.accessToken, at: system.now() });
    return !haveSameToken(stored.login.accessToken, refused);
  }

  /** Those that wait for the same refresh share it. */
  #once(id: string): Promise<void> {
    let running = this.#running.get(id);
    if (running === undefined) {
      running = this.#renew(id, ({ fields }) => this.#isDue(id, fields))
        .finally(() => this.#running.delete(id));
      this.#running.set(id, running);
    }
    return running;
  }

  #isDue(id: string, fields: LoginFields): boolean {
    const service = this.#serviceOf(id);
    return service !== undefined && fields.renewable === true &&
      isDue(fields, service.margin, this.#options.system.now());
  }

  #serviceOf(id: string): Service | undefined {
    return this.#options.services.find((service) => service.id === id);
  }

  #renew(id: string, isStale: (stored: StoredLogin) => boolean): Promise<void> {
    const renewal = this.#renewAlone(id, isStale).finally(() => this.#renewals.delete(renewal));
    this.#renewals.add(renewal);
    return renewal;
  }

  /** @param isStale looks at the login once no other process can change it */
  async #renewAlone(id: string, isStale: (stored: StoredLogin) => boolean): Promise<void> {
    const service = this.#serviceOf(id);
    if (service === undefined) return;
    const { vault, home, system } = this.#options;
    await withLoginLock(home, id, async () => {
      await this.#unsaved.store(id);
      const stored = await readLogin(vault, id);
      if (stored === undefined || stored.fields.renewable !== true || !isStale(stored)) return;
      const fields = this.#fieldsOf(id, stored.entry);
      if (!mayTry(fields, system.now())) throw failureOf(id, fields.lastError!);
      await this.#apply(id, stored, await this.#ask(service, stored));
    });
  }

  /** An answer that was lost may have spent the token: only if nobody stored another one, it is tried once more. */
  async #ask(service: Service, stored: StoredLogin): Promise<Renewal> {
    const { vault, tell } = this.#options;
    tell("debug", `${service.id}: renewing its token`);
    const first = await service.renew(stored);
    if (first.state !== "lost") return first;
    const now = await readLogin(vault, service.id);
    if (now === undefined || !isUnchanged(now.entry, stored.entry)) return first;
    tell("warn", `${service.id}: renewing its token: ${first.reason}; trying once more`);
    const second = await service.renew(stored);
    if (second.state !== "refused") return second;
    return { state: "refused", reason: `${second.reason}; the answer to the first attempt was lost` };
  }

  async #apply(id: string, stored: StoredLogin, renewal: Renewal): Promise<void> {
    const { system, tell } = this.#options;
    const now = new Date(system.now()).toISOString();
    if (renewal.state === "renewed") {
      const grant = { ...renewal.grant, fields: { ...renewal.grant.fields, refreshedAt: now } };
      await this.#unsaved.keep(id, stored, grant);
      return;
    }
    const last = this.#fieldsOf(id, stored.entry).lastError;
    const permanent = renewal.state === "refused";
    const failure = { at: now, message: renewal.reason, permanent, count: (last?.count ?? 0) + 1 };
    if (!await this.#note(id, stored, failure)) return;
    tell("warn", `${id}: its token could not be renewed: ${renewal.reason}`);
    throw failureOf(id, failure);
  }

  /** Remembers a failure; `false` when somebody else changed the login meanwhile. */
  async #note(id: string, stored: StoredLogin, failure: RefreshFailure): Promise<boolean> {
    const failed = { login: stored.login, fields: { ...stored.fields, lastError: failure } };
    try {
      return await replaceLogin(this.#options.vault, id, stored, failed);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#failures.set(id, { entry: stored.entry, failure });
      return true;
    }
  }

  /** What stands in the clear, and a failure that could not be stored. */
  #fieldsOf(id: string, entry: EntryFields): LoginFields {
    const known = this.#failures.get(id);
    const isKnown = known !== undefined && isUnchanged(entry, known.entry);
    return { ...loginFields(entry), ...isKnown && { lastError: known.failure } };
  }
}

function ended(id: string): AppError {
  return new AppError("login_required", `The login of ${id} has ended`, `agentgazer login ${id}`);
}

/** The error for a login that can't be used now. */
function failureOf(id: string, { message, permanent }: RefreshFailure): AppError {
  return permanent
    ? new AppError(
      "login_required",
      `The login of ${id} can't be renewed: ${message}`,
      `agentgazer login ${id}`,
    )
    : new AppError(
      "network_failed",
      `The token of ${id} could not be renewed: ${message}`,
      "try again later",
    );
}
