import type { Trouble } from "../lib/vault/keystore.ts";
import type { Asking } from "./asking.ts";
import { type CommandOptions, type CommandResult, runCommand } from "./command.ts";
import type { ItemResult, Items } from "./item.ts";
import { failureOf, LOCKED, noSession, UNAVAILABLE } from "./keychain_trouble.ts";

/** The tool that makes the items and reads them: access is granted to it, so nothing else may touch them. */
export const SECURITY = "/usr/bin/security";

/** A longer line is cut by the tool, and its rest runs as another command. In bytes, without the line end. */
const MAX_LINE = 4094;

/** The quoting is not a shell's, and a name can't be checked by its effect. */
const NAME = /^[A-Za-z0-9._:@/-]+$/;

/** How long the Keychain is left alone after a dialog that nobody answered, in milliseconds. */
const QUIET_TIME = 60_000;

/** How the Keychain is reached. */
export interface KeychainOptions {
  readonly program: string;
  /** The user's home, below which the tool finds the keychains. */
  readonly home: string | undefined;
  readonly asking: Asking;
  /** Whether this is a graphical session, in which somebody could answer a dialog. */
  readonly isGraphical: () => Promise<boolean>;
}

/**
 * Items of the macOS Keychain through `security`. Secrets go to it on stdin only. It is judged by its exit code
 * only, since its texts are not reliable.
 */
export function keychainItems({ program, home, asking, isGraphical }: KeychainOptions): Items {
  const run = (args: readonly string[], options: Partial<CommandOptions> = {}): Promise<CommandResult> =>
    runCommand(program, args, {
      deadline: asking.silentDeadline,
      env: home === undefined ? {} : { HOME: home },
      ...options,
    });

  /** For a step that may open a dialog. */
  const waiting = (): Partial<CommandOptions> => ({
    deadline: asking.deadline,
    onSlow: () => asking.tell("waiting for the Keychain; look for its dialog"),
  });

  /** A dialog that nobody answers is not opened again and again by those who ask nobody. */
  let quietUntil = 0;

  async function read(service: string, account: string): Promise<ItemResult> {
    if (!asking.attended && performance.now() < quietUntil) return LOCKED;
    const item = ["find-generic-password", "-a", account, "-s", service];
    // Without -w nothing is decrypted, so this opens no dialog.
    const seen = await run(item);
    if (!succeeded(seen)) return failureOf(seen);
    const result = await run([...item, "-w"], waiting());
    if (result.state === "late") quietUntil = performance.now() + QUIET_TIME;
    if (!succeeded(result)) return failureOf(result);
    return { state: "found", value: result.stdout.replace(/\n$/, "") };
  }

  async function write(service: string, account: string, value: string): Promise<Trouble | undefined> {
    const line = commandLine(["add-generic-password", "-U", "-a", account, "-s", service, "-w", value]);
    const result = await run(["-i"], { stdin: line, ...waiting() });
    if (succeeded(result)) return undefined;
    const failure = failureOf(result);
    return failure.state === "absent" ? UNAVAILABLE : failure;
  }

  async function remove(service: string, account: string): Promise<Trouble | undefined> {
    const result = await run(["delete-generic-password", "-a", account, "-s", service]);
    if (succeeded(result)) return undefined;
    const failure = failureOf(result);
    return failure.state === "absent" ? undefined : failure;
  }

  return {
    backend: "keychain",
    examine: async (wish) => wish === "automatic" && !await isGraphical() ? noSession() : undefined,
    read,
    write,
    remove,
  };
}

/**
 * A line for `security -i`: every word in double quotes, in which only `\` and `"` are special. Without the line
 * end the tool would drop it and still report success.
 */
export function commandLine([command, ...words]: readonly string[]): string {
  const quoted = words.map((word) => {
    if (!/^[\x20-\x7e]+$/.test(word)) throw new Error("A word for the Keychain must be printable ASCII");
    return NAME.test(word) ? word : `"${word.replaceAll(/[\\"]/g, "\\$&")}"`;
  });
  const line = [command, ...quoted].join(" ");
  if (line.length > MAX_LINE) throw new Error("A line for the Keychain is too long");
  return line + "\n";
}

function succeeded(result: CommandResult): result is Extract<CommandResult, { readonly state: "ended" }> {
  return result.state === "ended" && result.code === 0;
}
