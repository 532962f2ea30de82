import type { EntryFields } from "../vault/envelope.ts";
import { ensureFolder } from "../vault/file.ts";
import type { Home } from "../vault/home.ts";
import { withLock } from "../vault/lock.ts";
import { formatLogin, loginFields, parseLogin } from "../vault/login.ts";
import type { Vault } from "../vault/vault.ts";
import type { Grant } from "./service.ts";

/** A login as it stands in the vault. */
export interface StoredLogin extends Grant {
  /** Everything that stands in the clear; another one, if anybody changed the login. */
  readonly entry: EntryFields;
}

/**
 * Opens a login; all of it is of one state of the file. `undefined` when there is none.
 *
 * @throws {AppError} as `Vault.open` does
 */
export async function readLogin(vault: Vault, id: string): Promise<StoredLogin | undefined> {
  for (;;) {
    const stamp = vault.stamp();
    const entry = vault.read().entry("login", id)?.fields;
    if (entry === undefined) return undefined;
    const sealed = await vault.open("login", id);
    if (sealed === undefined || vault.stamp() !== stamp) continue;
    return { login: parseLogin(id, sealed), fields: loginFields(entry), entry };
  }
}

/** How long another process may change a login, in milliseconds: it may ask the service twice, and try to store. */
const LOCK_TIMEOUT = 90_000;

/**
 * Runs `work` while no other process logs in, renews or logs out with this provider.
 *
 * @throws {AppError} `vault_unavailable`, `refused`
 */
export async function withLoginLock<T>(home: Home, id: string, work: () => Promise<T>): Promise<T> {
  ensureFolder(home.folder);
  return await withLock(home.refreshLock(id), work, LOCK_TIMEOUT);
}

/** Stores a login in place of whatever is there. @throws {AppError} as `Vault.change` does */
export async function putLogin(
  vault: Vault,
  home: Home,
  id: string,
  { login, fields }: Grant,
): Promise<void> {
  await withLoginLock(
    home,
    id,
    () => vault.change((draft) => draft.put("login", id, formatLogin(login), fields)),
  );
}

/**
 * Stores a login in place of this one; `false` when somebody else changed or removed it meanwhile.
 *
 * @param isSame tells whether it is still the same one
 * @throws {AppError} as `Vault.change` does
 */
export async function replaceLogin(
  vault: Vault,
  id: string,
  before: StoredLogin,
  { login, fields }: Grant,
  isSame: (current: EntryFields, before: EntryFields) => boolean = isUnchanged,
): Promise<boolean> {
  return await vault.change((draft) => {
    const current = draft.has("login", id) ? draft.entry("login", id)?.fields : undefined;
    if (current === undefined || !isSame(current, before.entry)) return false;
    draft.put("login", id, formatLogin(login), fields);
    return true;
  });
}

/** Whether nobody changed an entry. */
export function isUnchanged(current: EntryFields, before: EntryFields): boolean {
  return JSON.stringify(current) === JSON.stringify(before);
}

/** Whether an entry has the same tokens still: at most, a failure was noted in it. */
export function hasSameTokens(current: EntryFields, before: EntryFields): boolean {
  const [one, other] = [current, before].map(({ lastError: _, updatedAt: __, ...rest }) => rest);
  return JSON.stringify(one) === JSON.stringify(other);
}
