import assert from "node:assert/strict";
import type { AppError } from "../../lib/errors.ts";
import { Refresher } from "../../lib/oauth/refresh.ts";
import type { Grant, Renewal, Service } from "../../lib/oauth/service.ts";
import { putLogin, readLogin, type StoredLogin } from "../../lib/oauth/stored_login.ts";
import { Secret } from "../../lib/secret.ts";
import type { Draft } from "../../lib/vault/contents.ts";
import type { EntryFields, EntryKind } from "../../lib/vault/envelope.ts";
import { type LoginFields, loginFields } from "../../lib/vault/login.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { realRandom } from "./real_random.ts";
import { grantOf, type ScriptedService, scriptedService } from "./scripted_service.ts";
import { type VaultBox, vaultBox } from "./vault_box.ts";

/** The provider whose login is renewed. */
export const ID = "openai-oauth";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A vault that a test may break. */
export class BreakableVault extends Vault {
  /** What the next changes fail with, one each; `undefined` lets one succeed. */
  readonly changes: (AppError | undefined)[] = [];
  /** What opening fails with. */
  trouble: AppError | undefined;
  /** How often an entry was opened. */
  opened = 0;

  override change<T>(edit: (draft: Draft) => T): Promise<T> {
    const error = this.changes.shift();
    return error === undefined ? super.change(edit) : Promise.reject(error);
  }

  override open(kind: EntryKind, name: string): Promise<Secret | undefined> {
    this.opened++;
    return this.trouble === undefined ? super.open(kind, name) : Promise.reject(this.trouble);
  }
}

/** A process that keeps the login fresh. */
export interface Process {
  readonly vault: BreakableVault;
  readonly refresher: Refresher;
  /** What an operator would read, such as `warn: …`. */
  readonly told: string[];
  /** How long it slept each time, in milliseconds. */
  readonly slept: number[];
  /** As a request does that needs the token, with what stands in the clear now. */
  ensure(): Promise<void>;
  /** As a request does whose token was refused. */
  replace(token: string): Promise<boolean>;
}

/** What stands in the clear in place of the usual; `undefined` leaves a field out. */
export type FieldChanges = { readonly [Name in keyof LoginFields]?: LoginFields[Name] | undefined };

/** A vault of its own, and a login server that says what the test wants. Sleeping moves the clock on. */
export interface RefreshBox extends VaultBox {
  readonly service: ScriptedService;
  process(services?: readonly Service[]): Process;
  /** Logs in as another process does, with the tokens of this number, which end in so many milliseconds. */
  logIn(number: number, lifetime: number, more?: FieldChanges): Promise<void>;
  /** Removes the login as another process does. */
  logOut(): Promise<void>;
  /** Answers with the tokens of this number. @param lifetime in milliseconds; an hour when left out */
  renewed(number: number, lifetime?: number): Renewal;
  read(): Promise<StoredLogin | undefined>;
  /** What stands in the clear of the login. */
  entry(): EntryFields;
  fields(): LoginFields;
  /** The access token in the file; `undefined` without a login. */
  token(): Promise<string | undefined>;
}

/** Makes the box, with a login of which the tokens of number 0 end in so many milliseconds. */
export async function refreshBox(lifetime: number, more: FieldChanges = {}): Promise<RefreshBox> {
  const inner = vaultBox();
  const service = scriptedService(ID, 5 * MINUTE);
  const box: RefreshBox = {
    ...inner,
    get time() {
      return inner.time;
    },
    set time(value) {
      inner.time = value;
    },
    service,
    process: (services = [service]) => makeProcess(box, services),
    async logIn(number, lifetime, more = {}) {
      const { login, fields } = grantOf(number, box.time + lifetime);
      const changed = Object.entries({ ...fields, ...more }).filter(([, value]) => value !== undefined);
      await putLogin(box.vault(), box.home, ID, { login, fields: Object.fromEntries(changed) });
    },
    logOut: () => box.vault().change((draft) => void draft.remove("login", ID)),
    renewed: (number, lifetime = HOUR) => ({ state: "renewed", grant: grantOf(number, box.time + lifetime) }),
    read: () => readLogin(box.vault(), ID),
    entry: () => box.vault().read().entry("login", ID)!.fields,
    fields: () => loginFields(box.entry()),
    token: async () => (await box.read())?.login.accessToken.reveal(),
  };
  await box.logIn(0, lifetime, more);
  return box;
}

/** What a login is, with its tokens in the clear. */
export function shown({ login, fields }: Grant): Record<string, unknown> {
  const tokens = Object.entries(login).map(([name, value]) => [
    name,
    value instanceof Secret ? value.reveal() : value,
  ]);
  return { ...Object.fromEntries(tokens), ...fields };
}

/** Checks which refresh tokens the service was asked with, and that it has nothing left to say. */
export function assertAsked({ service }: RefreshBox, ...tokens: string[]): void {
  assert.deepEqual([service.asked, service.answers], [tokens, []]);
}

function makeProcess(box: RefreshBox, services: readonly Service[]): Process {
  const now = () => box.time;
  const told: string[] = [];
  const slept: number[] = [];
  const vault = new BreakableVault(box.home, box.keyStores(box.home), { now, random: realRandom });
  const sleep = (milliseconds: number) => {
    slept.push(milliseconds);
    box.time += milliseconds;
    return Promise.resolve();
  };
  const refresher = new Refresher({
    vault,
    home: box.home,
    services,
    system: { now, sleep },
    tell: (level, message) => told.push(`${level}: ${message}`),
  });
  return {
    vault,
    refresher,
    told,
    slept,
    ensure: async () => await refresher.ensure(ID, box.entry()),
    replace: (token) => refresher.replace(ID, new Secret(token)),
  };
}
