import { addPassword } from "./add.ts";
import type { Bytes } from "./bytes.ts";
import { deletePassword, findPassword } from "./find.ts";
import { dumpKeychain, showInfo } from "./keychain.ts";
import { FAILED, OK, USAGE } from "./status.ts";
import type { Tool } from "./tool.ts";

type Command = (args: readonly Bytes[], tool: Tool) => number | Promise<number>;

/** What the real tool can do and this one can't. A test that gets here is wrong, and fails by this exit code. */
const NOT_STOOD_IN = 70;

const COMMANDS: Readonly<Record<string, Command>> = {
  "help": showHelp,
  "show-keychain-info": showInfo,
  "dump-keychain": dumpKeychain,
  "add-generic-password": addPassword,
  "find-generic-password": findPassword,
  "delete-generic-password": deletePassword,
};

/** Every command of the real tool in its order, since the first one that begins with a word is run for it. */
const NAMES = (
  "help list-keychains list-smartcards default-keychain login-keychain create-keychain delete-keychain " +
  "lock-keychain unlock-keychain set-keychain-settings set-keychain-password show-keychain-info " +
  "dump-keychain create-keypair add-generic-password add-internet-password add-certificates " +
  "find-generic-password delete-generic-password set-generic-password-partition-list " +
  "find-internet-password delete-internet-password set-internet-password-partition-list find-key " +
  "set-key-partition-list find-certificate find-identity delete-certificate delete-identity " +
  "set-identity-preference get-identity-preference create-db export import export-smartcard cms " +
  "install-mds add-trusted-cert remove-trusted-cert dump-trust-settings user-trust-settings-enable " +
  "trust-settings-export trust-settings-import verify-cert authorize authorizationdb " +
  "execute-with-privileges leaks error create-filevaultmaster-keychain smartcards translocate-create " +
  "translocate-policy-check translocate-status-check translocate-original-path requirement-evaluate filevault"
).split(" ");

/**
 * Runs a command.
 *
 * @returns its OSStatus, or a small number where the tool itself failed
 */
export async function execute(
  [word, ...args]: readonly Bytes[],
  tool: Tool,
  isVerbose: boolean,
): Promise<number> {
  if (word === undefined) return OK;
  const name = NAMES.find((name) => name.startsWith(word));
  if (name === undefined) {
    tool.complain(`unknown command "${word}"`);
    return FAILED;
  }
  if (isVerbose) tool.err(`${name}${args.map((arg) => ` "${arg}"`).join("")}\n`);
  const command = COMMANDS[name];
  if (command === undefined) {
    tool.complain(`the stand-in does not do ${name}`);
    return NOT_STOOD_IN;
  }
  const status = await command(args, tool);
  if (status === USAGE) tool.err(`Usage: ${name} [options...]\n`);
  return status;
}

/** `help`, which an empty word stands for too. */
export function showHelp(_: readonly Bytes[], tool: Tool): number {
  tool.out(NAMES.map((name) => `    ${name}\n`).join(""));
  return OK;
}
