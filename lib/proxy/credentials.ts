import { timingSafeEqual } from "node:crypto";
import { AppError } from "../errors.ts";
import type { Provider } from "../providers/table.ts";
import type { Secret } from "../secret.ts";
import type { System } from "../system.ts";
import { type Client, clientsIn, isExpired, tokenDigest } from "../vault/client.ts";
import { type Contents, credentialKind, type Entry } from "../vault/contents.ts";
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
  /** What {@linkcode Opened.secret} became. */
  value: Secret | undefined;
  /** Made of the value when it was first asked for. */
  credential: Credential | undefined;
  usedAt: number;
}

/**
 * What the proxy holds of the vault: the clients by the digest of their token, and the credentials it opened.
 * Every question first looks whether the file changed; those that are asked at one go look once.
 */
export class Credentials {
  readonly #vault: Vault;
  readonly #renewal: Renewal;
  readonly #system: Pick<System, "now" | "sleep">;
  #stamp: string | undefined;
  #contents: Contents | undefined;
  #clients = new Map<string, Client>();
  /** The clients whose digest was already made of their token; no other text is kept. */
  #known = new Map<string, Client>();
  #entries = new Map<Provider, Entry | undefined>();
  #opened = new Map<string, Opened>();
  #sweeping = false;
  #isFresh = false;
  #now = 0;

  constructor(vault: Vault, renewal: Renewal, system: Pick<System, "now" | "sleep">) {
    this.#vault = vault;
    this.#renewal = renewal;
    this.#system = system;
  }

  /**
   * The client whose token this is, unless its time is over. A wrong token always costs the same, and as much as a
   * right one at its first use: a digest, one look-up, and one comparison of fixed length.
   *
   * @throws {AppError} when the vault can't be read
   */
  client(token: string): Client | undefined {
    const client = this.#clientOf(token);
    return client !== undefined && !isExpired(client, this.#now) ? client : undefined;
  }

  /** The client whose token this was until its time was over. @throws {AppError} when the vault can't be read */
  expired(token: string): Client | undefined {
    const client = this.#clientOf(token);
    return client !== undefined && isExpired(client, this.#now) ? client : undefined;
  }

  #clientOf(token: string): Client | undefined {
    this.#refresh();
    return this.#known.get(token) ?? this.#identify(token);
  }

  /** Whether an API key or a login of this provider is stored. @throws {AppError} */
  has(provider: Provider): boolean {
    return this.#entryOf(provider) !== undefined;
  }

  /** What stands in the clear of the provider's credential, if there is one. @throws {AppError} */
  entryOf(provider: Provider): EntryFields | undefined {
    return this.#entryOf(provider)?.fields;
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
      const kind = this.#entryOf(provider)?.kind;
      const stamp = this.#stamp;
      if (kind === undefined) return undefined;
      if (!this.#isCurrent(client)) {
        throw new Refusal("client_token_invalid", "The client was changed or removed", "try again");
      }
      const proof = this.#open("client", client.name);
      const opened = proof.value && this.#open(kind, provider.id);
      if (opened?.value !== undefined) {
        return opened.credential ??= this.#credentialOf(kind, provider, opened.value);
      }
      const awaited = opened ?? proof;
      const failed = await awaited.secret.then(() => undefined, (error) => ({ error }));
      if (this.#vault.stamp() !== stamp) continue;
      if (failed !== undefined) throw failed.error;
      if (awaited.value !== undefined) continue;
      if (awaited === opened) return undefined;
      throw damagedEntry(entryName("client", client.name));
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

  #identify(token: string): Client | undefined {
    const digest = tokenDigest(token);
    const client = this.#clients.get(digest.toHex());
    const equal = timingSafeEqual(digest, client?.digest ?? NO_DIGEST);
    if (!equal || client === undefined) return undefined;
    this.#known.set(token, client);
    return client;
  }

  #credentialOf(kind: EntryKind, provider: Provider, secret: Secret): Credential {
    return { ...credentialIn(kind, provider.id, secret), entry: this.entryOf(provider) };
  }

  #isCurrent(client: Client): boolean {
    const current = this.#clients.get(client.digest.toHex());
    return current === client || JSON.stringify(current) === JSON.stringify(client);
  }

  #entryOf(provider: Provider): Entry | undefined {
    this.#refresh();
    let entry = this.#entries.get(provider);
    if (entry === undefined && this.#contents !== undefined) {
      const kind = credentialKind(this.#contents, provider);
      entry = kind && this.#contents.entry(kind, provider.id);
      this.#entries.set(provider, entry);
    }
    return entry;
  }

  #open(kind: EntryKind, name: string): Opened {
    const id = entryName(kind, name);
    const known = this.#opened.get(id);
    if (known !== undefined) {
      known.usedAt = this.#now;
      return known;
    }
    const secret = this.#vault.open(kind, name);
    const opened: Opened = { secret, value: undefined, credential: undefined, usedAt: this.#now };
    this.#opened.set(id, opened);
    secret.then((value) => void (opened.value = value), () => this.#opened.delete(id));
    this.#sweepLater(IDLE);
    return opened;
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
    if (this.#isFresh) return;
    this.#now = this.#system.now();
    this.#load();
    this.#isFresh = true;
    queueMicrotask(() => void (this.#isFresh = false));
  }

  #load(): void {
    const stamp = this.#vault.stamp();
    if (stamp === this.#stamp) return;
    this.#contents = undefined;
    this.#clients = new Map();
    this.#known = new Map();
    this.#entries = new Map();
    this.#opened = new Map();
    this.#stamp = undefined;
    // Without it nobody can be known, which is no fault of a token.
    if (!this.#vault.exists()) {
      throw new AppError(
        "not_found",
        "There is no vault",
        "put vault.json back, or begin anew: agentgazer providers set <id>",
      );
    }
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
