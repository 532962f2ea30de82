import { dirname, isAbsolute, join } from "node:path";
import { AppError } from "../lib/errors.ts";
import { quote, readGuarded, remove, replaceDurably } from "../lib/vault/file.ts";
import type { Trouble } from "../lib/vault/keystore.ts";

/** The bytes of the key file that we make, and the least that a named one may have. */
export const KEY_FILE_BYTES = 32;

/** Where the key file is. */
export interface KeyFile {
  readonly path: string;
  /** The variable that names it, if one does: then it is never made, and nothing else is bound. */
  readonly named: false | "AGENTGAZER_MACHINE_KEY_FILE" | "CREDENTIALS_DIRECTORY";
}

/** What a systemd unit calls the key file that it hands on. */
export const CREDENTIAL = "agentgazer.key";

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

/** The bytes of the key file, if it is there. @throws {AppError} when it can't be used */
export function readKeyFile(keyFile: KeyFile): Uint8Array | undefined {
  const secret = readGuarded(keyFile.path, keyFile.named ? "named" : "own");
  if (secret !== undefined && secret.length < KEY_FILE_BYTES) {
    throw new AppError(
      "keystore_unavailable",
      `Cannot use ${inWords(keyFile)}: it is shorter than ${KEY_FILE_BYTES} bytes`,
      "put the right key file there",
    );
  }
  return secret;
}

/** The error for a vault that can't be made, since its key file is named and not there. */
export function noKeyFile({ path, named }: KeyFile): AppError {
  return new AppError(
    "keystore_unavailable",
    `Cannot make the vault: there is no file ${path}, which ${named} names`,
    named === "CREDENTIALS_DIRECTORY"
      ? `name the file in the unit: LoadCredential=${CREDENTIAL}:<file>`
      : `make one and keep it: (umask 077; head -c ${KEY_FILE_BYTES} /dev/urandom > "$${named}")`,
  );
}

/** Makes our own key file. @throws {AppError} `keystore_unavailable` for one that is named: that is never made */
export function makeKeyFile(
  { path, named }: KeyFile,
  random: (length: number) => Uint8Array,
): Uint8Array {
  if (named) throw noKeyFile({ path, named });
  const secret = random(KEY_FILE_BYTES);
  replaceDurably(path, secret);
  return secret;
}

/** Removes our own key file, or says why it stays. */
export function removeKeyFile({ path }: KeyFile): Trouble | undefined {
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

/** A key file, and who says so: what is wrong may be there. */
export function inWords({ path, named }: KeyFile): string {
  return named ? `${path}, which ${named} names,` : path;
}
