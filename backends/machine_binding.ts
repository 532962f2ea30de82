import type { Json, Trouble } from "../lib/vault/keystore.ts";
import { CREDENTIAL, type KeyFile } from "./key_file.ts";
import { derivedId } from "./machine_id.ts";

/** What the key was derived with, besides the key file; `null` is not bound. Recorded in the clear. */
export interface Bound {
  readonly [binding: string]: Json;
  readonly uid: number | null;
  readonly user: string | null;
  /** A short digest of the machine id, other than the one that enters the key. */
  readonly machine: string | null;
}

/** Why a vault can't be opened whose key file is missing. */
export function missingKeyFile(keyFile: KeyFile, bound: Bound): Trouble {
  const { path, named } = keyFile;
  const hint = misnamed(keyFile, bound) ??
    "put the file back, or name its place with AGENTGAZER_MACHINE_KEY_FILE";
  if (named) {
    const reason = `Cannot open the vault: there is no file ${path}, which ${named} names`;
    return { state: "absent", reason, hint, isMisnamed: true };
  }
  const what = needsName(bound)
    ? "it was made with a key file of your own, which no variable names now"
    : `its key file ${path} is missing`;
  return { state: "absent", reason: `Cannot open the vault: ${what}`, hint };
}

/** What to type where another key file is needed than the one that is named; `undefined` for the right place. */
export function misnamed({ named }: KeyFile, bound: Bound): string | undefined {
  if (needsName(bound)) {
    return named
      ? `correct ${named}, or put the file there`
      : `set AGENTGAZER_MACHINE_KEY_FILE to it; in a systemd unit: LoadCredential=${CREDENTIAL}:<file>`;
  }
  if (!named) return undefined;
  return named === "CREDENTIALS_DIRECTORY"
    ? "name no file in the unit: systemctl --user edit agentgazer, with LoadCredential="
    : `unset ${named}, or correct it`;
}

/** What was made with a named file is bound to no user. */
function needsName({ uid }: Bound): boolean {
  return uid === null;
}

/** What is not as it was when the key was derived, in words that go behind "Cannot open". */
export function changes(was: Bound, is: Bound): string[] {
  const changed: string[] = [];
  if (was.uid !== is.uid || was.user !== is.user) {
    const [then, now] = [was, is].map(({ uid, user }) =>
      user === "" || was.user === is.user ? `id ${uid}` : JSON.stringify(user)
    );
    changed.push(`it was made by another user (${then}, not ${now})`);
  }
  if (was.machine !== is.machine) {
    changed.push(
      is.machine === null
        ? "it was made on a machine with a machine-id, which this one does not have"
        : "it was made on another machine",
    );
  }
  return changed;
}

/** Tells machines apart, without saying which one it is. */
export function fingerprint(id: Uint8Array | undefined): string | null {
  return id === undefined ? null : derivedId(id, "fingerprint").slice(0, 16);
}

/** Whether what a vault recorded has the shape of this. */
export function isBound(value: Json | undefined): value is Bound {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { uid, user, machine } = value as { [binding: string]: Json };
  return (uid === null || typeof uid === "number") && (user === null || typeof user === "string") &&
    (machine === null || typeof machine === "string");
}
