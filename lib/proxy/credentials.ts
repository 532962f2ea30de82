import { timingSafeEqual } from "node:crypto";
import { AppError } from "../errors.ts";
import type { Provider } from "../providers/table.ts";
import type { Secret } from "../secret.ts";
import type { System } from "../system.ts";
import { type Client, clientsIn, isExpired, tokenDigest } from "../vault/client.ts";
import { type Contents, credentialKind } from "../vault/contents.ts";
import { damagedEntry, type EntryFields, type EntryKind, entryName } from "../vault/envelope.ts";
import type { Vault } from "../vault/vault.ts";
import { type Credential, credentialIn } from "./inject.ts";
import { Refusal } from "./refusal.ts";

/** How long an opened credential is kept after its last use, in milliseconds. */
const IDLE = 5 * 60_000;

/** Compared with when no client has the digest that was asked for. */
const NO_DIGEST = new Uint8Array(32);

/** Keeps the tokens of logins fresh. Both may take as long as the login server does. */
export interface Renewal {
  /** Renews a login whose token ends soon. @throws {AppError} when there is no token that can be used */
  ensure(id: string, entry: EntryFields): Promise<void>;
  /** Renews a login whose token was refused; whether the vault has another one now. @throws {AppError} */
  replace(id: string, refused: Secret): Promise<boolean>;
}

interface Opened {
  readonly secret: Promise<Secret | undefined>;
  usedAt: number;
}

/**
 * What the proxy holds of the vault: the clients by the digest of their token, and the credentials it opened.
 * Every question first looks whether the file changed.
 */
export class Credentials {
  readonly #vault: Vault;
  readonly #renewal: Renewal;
  readonly #system: Pick<System, "now" | "sleep">;
  #stamp: string | undefined;
  #contents: Contents | undefined;
  #clients = new Map<string, Client>();
  #opened = new Map<string, Opened>();
  #sweeping = false;

  constructor(vault: Vault, renewal: Renewal, system: Pick<System, "now" | "sleep">) {
    this.#vault = vault;
    this.#renewal = renewal;
    this.#system = system;
  }

  /**
   * The client whose token this is, unless its time is over. A wrong token costs the same as a right one:
   * a digest, one look-up, and one comparison of fixed length.
   *
   * @throws {AppError} when the vault can't be read
   */
  client(token: string): Client | undefined {
    this.#refresh();
    const digest = tokenDigest(token);
    const client = this.#clients.get(digest.toHex());
    const equal = timingSafeEqual(digest, client?.digest ?? NO_DIGEST);
    return equal && client !== undefined && !isExpired(client, this.#system.now()) ? client : undefined;
  }

  /** Whether an API key or a login of this provider is stored. @throws {AppError} */
  has(provider: Provider): boolean {
    return this.#kindOf(provider) !== undefined;
  }

  /** What stands in the clear of the provider's credential, if there is one. @throws {AppError} */
  entryOf(provider: Provider): EntryFields | undefined {
    const kind = this.#kindOf(provider);
    return kind && this.#contents?.entry(kind, provider.id)?.fields;
  }

  /**
   * Opens the provider's credential for this client, whose entry is proven to be genuine before: its rights
   * stand in the clear and could have been edited. All of it is read from one state of the file. The token of a
   * login that ends soon is renewed before.
   *
   * @throws {AppError} when the vault can't be opened
   * @throws {Refusal} `client_token_invalid` when the client is no longer what it was
   */
  async open(provider: Provider, client: Client): Promise<Credential | undefined> {
    const entry = this.entryOf(provider);
    if (entry?.kind === "login") await this.#renewal.ensure(provider.id, entry);
    for (;;) {
      const kind = this.#kindOf(provider);
      const stamp = this.#stamp;
      if (kind === undefined) return undefined;
      if (!this.#isCurrent(client)) {
        throw new Refusal("client_token_invalid", "The client was changed or removed", "try again");
      }
      const opened = await this.#openBoth(client, kind, provider).catch((error) => ({ error }));
      if (this.#vault.stamp() !== stamp) continue;
      if ("error" in opened) throw opened.error;
      return opened.secret &&
        { ...credentialIn(kind, provider.id, opened.secret), entry: this.entryOf(provider) };
    }
  }

  /**
   * Opens the credential that takes the place of one that the provider refused; `undefined` when there is none, it
   * can't be had now, or it is of another account or place.
   *
   * @throws {AppError} `login_required`
   */
  async openAnother(
    provider: Provider,
    client: Client,
    refused: Credential,
  ): Promise<Credential | undefined> {
    try {
      const renewed = await this.#renewal.replace(provider.id, refused.secret);
      const another = renewed ? await this.open(provider, client) : undefined;
      return another !== undefined && isOfSameLogin(another, refused) ? another : undefined;
    } catch (error) {
      if (!(error instanceof AppError) || error.code === "login_required") throw error;
      return undefined;
    }
  }

  async #openBoth(
    client: Client,
    kind: EntryKind,
    provider: Provider,
  ): Promise<{ readonly secret: Secret | undefined }> {
    if (await this.#open("client", client.name) === undefined) {
      throw damagedEntry(entryName("client", client.name));
    }
    return { secret: await this.#open(kind, provider.id) };
  }

  #isCurrent(client: Client): boolean {
    const current = this.#clients.get(client.digest.toHex());
    return JSON.stringify(current) === JSON.stringify(client);
  }

  #kindOf(provider: Provider): EntryKind | undefined {
    this.#refresh();
    return this.#contents === undefined ? undefined : credentialKind(this.#contents, provider);
  }

  #open(kind: EntryKind, name: string): Promise<Secret | undefined> {
    const id = entryName(kind, name);
    const now = this.#system.now();
    let opened = this.#opened.get(id);
    if (opened === undefined) {
      const secret = this.#vault.open(kind, name);
      opened = { secret, usedAt: now };
      this.#opened.set(id, opened);
      secret.catch(() => this.#opened.delete(id));
      this.#sweepLater(IDLE);
    }
    opened.usedAt = now;
    return opened.secret;
  }

  /** Drops what has been idle, as long as anything is open. */
  #sweepLater(milliseconds: number): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#system.sleep(milliseconds).then(() => {
      this.#sweeping = false;
      const now = this.#system.now();
      let oldest = now;
      for (const [id, { usedAt }] of this.#opened) {
        if (now - usedAt >= IDLE) this.#opened.delete(id);
        else oldest = Math.min(oldest, usedAt);
      }
      if (this.#opened.size > 0) this.#sweepLater(IDLE - (now - oldest));
    });
  }

  #refresh(): void {
    const stamp = this.#vault.stamp();
    if (stamp === this.#stamp) return;
    this.#contents = undefined;
    this.#clients = new Map();
    this.#opened = new Map();
    this.#stamp = undefined;
    const contents = this.#vault.read();
    for (const client of clientsIn(contents).good) this.#clients.set(client.digest.toHex(), client);
    this.#contents = contents;
    this.#stamp = stamp;
  }
}

/** Whether a request that was made for the one may be sent with the other. */
function isOfSameLogin(one: Credential, other: Credential): boolean {
  const [a, b] = [one, other].map(({ accountId, entry }) => [accountId, entry?.region, entry?.base]);
  return JSON.stringify(a) === JSON.stringify(b);
}
