import { createHmac, hkdfSync } from "node:crypto";
import * as os from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { AppError } from "../lib/errors.ts";
import { quote, readGuarded, remove, replaceDurably } from "../lib/vault/file.ts";
import type {
  Json,
  KeyBytes,
  KeyRecord,
  KeyResult,
  KeyStore,
  NewKey,
  Trouble,
} from "../lib/vault/keystore.ts";
import { derivedId } from "./machine_id.ts";

/** The bytes of the key, of the key file that we make, and the least that a named one may have. */
const KEY_BYTES = 32;

/** Who and where we are, as far as the key is bound to it. */
export interface Identity {
  uid(): number | null;
  /** Empty when the user has no passwd entry. */
  userName(): string;
  machineId(): Promise<Uint8Array | undefined>;
}

/** Where the key file is. */
export interface KeyFile {
  readonly path: string;
  /** The variable that names it, if one does: then it is never made, and nothing else is bound. */
  readonly named: false | "AGENTGAZER_MACHINE_KEY_FILE" | "CREDENTIALS_DIRECTORY";
}

/** What a systemd unit calls the key file that it hands on. */
const CREDENTIAL = "agentgazer.key";

/**
 * The key file that `AGENTGAZER_MACHINE_KEY_FILE` names, else the credential of the systemd unit
 * (https://systemd.io/CREDENTIALS/) if there is one, else our own.
 *
 * @throws {AppError} `usage` when the name is no absolute path
 */
export function keyFileFrom(env: (name: string) => string | undefined, own: string): KeyFile {
  const named = env("AGENTGAZER_MACHINE_KEY_FILE");
  if (named === undefined) {
    const credential = credentialIn(env("CREDENTIALS_DIRECTORY"));
    return credential === undefined
      ? { path: own, named: false }
      : { path: credential, named: "CREDENTIALS_DIRECTORY" };
  }
  if (isAbsolute(named)) return { path: named, named: "AGENTGAZER_MACHINE_KEY_FILE" };
  throw new AppError(
    "usage",
    "Cannot use the value of AGENTGAZER_MACHINE_KEY_FILE: the path is not absolute",
    "set it to an absolute path",
  );
}

/** A unit may be told to hand on what is not there; then the folder lacks it. */
function credentialIn(folder: string | undefined): string | undefined {
  if (folder === undefined || !isAbsolute(folder)) return undefined;
  const path = join(folder, CREDENTIAL);
  try {
    Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    // Otherwise it is there, and reading it says what is wrong.
  }
  return path;
}

/** What the key was derived with, besides the key file; `null` is not bound. Recorded in the clear. */
interface Bound {
  readonly [binding: string]: Json;
  readonly uid: number | null;
  readonly user: string | null;
  /** A short digest of the machine id, other than the one that enters the key. */
  readonly machine: string | null;
}

/**
 * The backend for machines without a keystore. The key is HKDF-SHA-256 (RFC 5869) over a random key file,
 * bound to the user's id and name and to the machine, so that a copied folder does not open elsewhere.
 * It does not protect from the same user or from root.
 */
export function machineBackend(
  keyFile: KeyFile,
  identity: Identity,
  random: (length: number) => Uint8Array<ArrayBuffer>,
): KeyStore {
  async function create(): Promise<NewKey> {
    const id = keyFile.named ? undefined : await identity.machineId();
    const bound: Bound = {
      uid: keyFile.named ? null : identity.uid(),
      user: keyFile.named ? null : identity.userName(),
      machine: fingerprint(id),
    };
    const secret = readKeyFile(keyFile) ?? makeKeyFile(keyFile, random);
    const salt = random(KEY_BYTES).toBase64();
    const record = { backend: "machine", salt, keyFile: digest(secret), bound } as const;
    return { key: derive(secret, salt, bound, id), record };
  }

  async function open(_vaultId: string, record: KeyRecord): Promise<KeyResult> {
    const { salt, bound } = record;
    if (typeof salt !== "string" || !isBound(bound)) {
      return {
        state: "corrupt",
        reason: "Cannot derive the key of the vault: its parameters are damaged",
        hint: "restore vault.json from a backup",
      };
    }
    const secret = readKeyFile(keyFile);
    if (secret === undefined) return missing(keyFile, bound);
    const id = bound.machine === null ? undefined : await identity.machineId();
    const now: Bound = {
      uid: bound.uid === null ? null : identity.uid(),
      user: bound.user === null ? null : identity.userName(),
      machine: fingerprint(id),
    };
    const changed = changes(bound, now);
    if (record.keyFile !== digest(secret)) {
      changed.push(`${inWords(keyFile)} is not the key file that it was made with`);
    }
    return { state: "found", key: derive(secret, salt, now, id), changed };
  }

  return {
    backend: "machine",
    examine: () => Promise.resolve({ state: "open" }),
    probe: () => Promise.resolve({ state: "open" }),
    create,
    open,
    remove: () => Promise.resolve(keyFile.named ? undefined : removed(keyFile)),
  };
}

/** User id and name from the operating system, not from the environment. */
export function currentUserName(): string {
  try {
    return os.userInfo().username;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return "";
  }
}

function derive(
  secret: Uint8Array,
  salt: string,
  bound: Bound,
  id: Uint8Array | undefined,
): KeyBytes {
  const machine = id === undefined ? null : derivedId(id, "key");
  const info = JSON.stringify(["agentgazer machine key 1", bound.uid, bound.user, machine]);
  return new Uint8Array(hkdfSync("sha256", secret, salt, info, KEY_BYTES));
}

function readKeyFile(keyFile: KeyFile): Uint8Array | undefined {
  const secret = readGuarded(keyFile.path, keyFile.named ? "named" : "own");
  if (secret !== undefined && secret.length < KEY_BYTES) {
    throw new AppError(
      "keystore_unavailable",
      `Cannot use ${inWords(keyFile)}: it is shorter than ${KEY_BYTES} bytes`,
      "put the right key file there",
    );
  }
  return secret;
}

function makeKeyFile(
  { path, named }: KeyFile,
  random: (length: number) => Uint8Array,
): Uint8Array {
  if (named) {
    throw new AppError(
      "keystore_unavailable",
      `Cannot make the vault: there is no file ${path}, which ${named} names`,
      named === "CREDENTIALS_DIRECTORY"
        ? `name the file in the unit: LoadCredential=${CREDENTIAL}:<file>`
        : `make one and keep it: (umask 077; head -c ${KEY_BYTES} /dev/urandom > "$${named}")`,
    );
  }
  const secret = random(KEY_BYTES);
  replaceDurably(path, secret);
  return secret;
}

function removed({ path }: KeyFile): Trouble | undefined {
  const older = olderVaultBeside(path);
  if (older !== undefined) {
    return {
      state: "unavailable",
      reason: `${older} may need it`,
      hint: `if it does not: rm ${quote(path)}`,
    };
  }
  try {
    remove(path);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { state: "unavailable", reason: error.message, hint: error.hint! };
  }
}

/** A vault that was set aside, whose key is derived from the same file. */
function olderVaultBeside(path: string): string | undefined {
  const folder = dirname(path);
  try {
    const names = Deno.readDirSync(folder).map(({ name }) => name).toArray().sort();
    const older = names.find((name) => /^vault\.json./.test(name) && name !== "vault.json.new");
    return older === undefined ? undefined : join(folder, older);
  } catch {
    return `a file in ${folder}, which can't be listed,`;
  }
}

function missing({ path, named }: KeyFile, { uid }: Bound): Trouble {
  // What was made with a named file is bound to no user.
  const needsName = uid === null;
  if (named) {
    return {
      state: "absent",
      reason: `Cannot open the vault: there is no file ${path}, which ${named} names`,
      hint: needsName ? `correct ${named}, or put the file there` : `unset ${named}, or correct it`,
      isMisnamed: true,
    };
  }
  if (needsName) {
    return {
      state: "absent",
      reason: "Cannot open the vault: it was made with a key file of your own, which no variable names now",
      hint: `set AGENTGAZER_MACHINE_KEY_FILE to it; in a systemd unit: LoadCredential=${CREDENTIAL}:<file>`,
    };
  }
  return {
    state: "absent",
    reason: `Cannot open the vault: its key file ${path} is missing`,
    hint: "put the file back, or name its place with AGENTGAZER_MACHINE_KEY_FILE",
  };
}

/** A key file, and who says so: what is wrong may be there. */
function inWords({ path, named }: KeyFile): string {
  return named ? `${path}, which ${named} names,` : path;
}

function changes(was: Bound, is: Bound): string[] {
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

function fingerprint(id: Uint8Array | undefined): string | null {
  return id === undefined ? null : derivedId(id, "fingerprint").slice(0, 16);
}

function digest(secret: Uint8Array): string {
  return createHmac("sha256", secret).update("agentgazer key file").digest("hex").slice(0, 16);
}

function isBound(value: Json | undefined): value is Bound {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { uid, user, machine } = value as { [binding: string]: Json };
  return (uid === null || typeof uid === "number") && (user === null || typeof user === "string") &&
    (machine === null || typeof machine === "string");
}
