import type { System } from "../lib/system.ts";
import type { Trouble, Wish } from "../lib/vault/keystore.ts";
import type { Asking } from "./asking.ts";
import { defaultCollection } from "./collection.ts";
import { type CommandOptions, type CommandResult, runCommand } from "./command.ts";
import type { ItemResult, Items, MissingOrTrouble } from "./item.ts";
import {
  absent,
  asTrouble,
  declined,
  locked,
  metRemovedItem,
  missing,
  toolMissing,
  troubleOf,
} from "./libsecret_trouble.ts";
import { firstProgram, placesOf } from "./programs.ts";
import { sessionBus } from "./session_bus.ts";

/** The tool of libsecret. */
export const SECRET_TOOL: readonly string[] = placesOf("secret-tool");

const WAITING = "waiting for the keyring to be unlocked; look for its dialog";

/** How often the tool is run when other processes remove items that it looks at. */
const TRIES = 5;

const LABEL = "agentgazer vault key";

/** How the Secret Service is reached. */
export interface LibsecretOptions {
  readonly env: System["env"];
  readonly asking: Asking;
  /** The attribute that holds the account: ours is `username`, like that of go-keyring and keyring-rs. */
  readonly accountAttribute?: "username" | "account";
}

/**
 * Items of the Secret Service (GNOME Keyring, KWallet, KeePassXC) through `secret-tool`. Its exit codes don't tell
 * "not found" from "locked", so the state comes from `search` without `--unlock`, which never prompts.
 */
export function libsecretItems({ env, asking, accountAttribute = "username" }: LibsecretOptions): Items {
  const bus = sessionBus(env);
  const program = firstProgram(SECRET_TOOL);

  // Debug variables of GLib would print ahead of the secret, and libsecret's own redirect it to a file.
  const child = { DBUS_SESSION_BUS_ADDRESS: bus ?? "", LC_ALL: "C.UTF-8" };

  async function run(args: readonly string[], options: Partial<CommandOptions> = {}): Promise<CommandResult> {
    if (bus === undefined || program === undefined) return { state: "not_started" };
    for (let tries = 1;; tries++) {
      const result = await runCommand(program, args, {
        deadline: asking.silentDeadline,
        env: child,
        ...options,
      });
      if (tries === TRIES || !metRemovedItem(result)) return result;
    }
  }

  const problem = (result: CommandResult) => bus === undefined ? missing("no_bus") : troubleOf(result);

  const attributes = (service: string, account: string) => ["service", service, accountAttribute, account];

  /** Whether the item is there, or locked, without a prompt. */
  async function look(
    service: string,
    account: string,
  ): Promise<"absent" | "locked" | "open" | MissingOrTrouble> {
    const args = ["search", "--all", ...attributes(service, account)];
    const result = await run(args, { discardStdout: true });
    if (result.state !== "ended" || result.code !== 0) return problem(result);
    if (/locked object/.test(result.stderr)) return "locked";
    return /^attribute\./m.test(result.stderr) ? "open" : "absent";
  }

  async function read(service: string, account: string): Promise<ItemResult> {
    const before = await look(service, account);
    if (typeof before === "object") return asTrouble(before);
    if (before === "locked" && !asking.attended) return locked();
    if (before === "locked") asking.tell(WAITING);
    const args = ["lookup", ...attributes(service, account)];
    const result = await run(args, before === "locked" ? { deadline: asking.deadline } : {});
    if (result.state === "ended" && result.code === 0) return { state: "found", value: result.stdout };
    if (before === "absent" && result.state === "ended") return absent();
    // Exit code 1 without a word stands for "not found" and for "still locked".
    return await afterwards(service, account, result, before === "locked");
  }

  async function write(
    service: string,
    account: string,
    value: string,
  ): Promise<MissingOrTrouble | undefined> {
    const refused = asking.attended || bus === undefined ? undefined : await refuseDialog(false);
    if (refused !== undefined) return refused;
    const args = ["store", `--label=${LABEL}`, ...attributes(service, account)];
    const result = await run(args, {
      stdin: value,
      deadline: asking.deadline,
      onSlow: () => asking.tell(WAITING),
    });
    if (result.state === "ended" && result.code === 0) return undefined;
    if (result.state === "late") {
      const after = await look(service, account);
      return typeof after === "object" ? after : locked();
    }
    const failure = problem(result);
    if (failure.state === "locked" && asking.attended) return declined();
    // A keyring that the bus shows is there, whatever the tool met: it must not be passed over.
    const isThere = failure.state === "missing" && bus !== undefined &&
      ["open", "locked"].includes(await defaultCollection(bus, asking.silentDeadline));
    return isThere ? asTrouble(failure) : failure;
  }

  async function remove(service: string, account: string): Promise<Trouble | undefined> {
    const result = await run(["clear", ...attributes(service, account)]);
    if (result.state === "ended" && result.code === 0) return undefined;
    const after = await afterwards(service, account, result, false);
    return after.state === "absent" ? undefined : after;
  }

  /** What a call that did not succeed means, by what is there now. */
  async function afterwards(
    service: string,
    account: string,
    result: CommandResult,
    asked: boolean,
  ): Promise<Trouble> {
    const after = await look(service, account);
    if (typeof after === "object") return asTrouble(after);
    if (after === "locked") return asked && result.state === "ended" ? declined() : locked();
    return after === "absent" ? absent() : asTrouble(problem(result));
  }

  /** Whether a new item could be made, as far as it can be known without making one. Never prompts. */
  async function examine(wish: Wish): Promise<MissingOrTrouble | undefined> {
    if (bus === undefined) return missing("no_bus");
    if (program === undefined) return await withoutTool();
    const seen = await look("com.agentgazer", "probe");
    // The user who asks for this keystore may be asked to make a keyring.
    return typeof seen === "object" ? seen : await refuseDialog(wish === "explicit");
  }

  /** A write into a locked keyring, or one that has to be made, opens a dialog. */
  async function refuseDialog(mayMake: boolean): Promise<MissingOrTrouble | undefined> {
    const collection = await defaultCollection(child.DBUS_SESSION_BUS_ADDRESS, asking.silentDeadline);
    if (collection === "locked" && !asking.attended) return locked();
    return collection === "none" && !(asking.attended && mayMake) ? missing("no_collection") : undefined;
  }

  /** A keyring that only lacks the tool is there, and must not be passed over. */
  async function withoutTool(): Promise<MissingOrTrouble> {
    const collection = await defaultCollection(child.DBUS_SESSION_BUS_ADDRESS, asking.silentDeadline);
    return collection === "no_service" || collection === "none" ? missing("no_secret_tool") : toolMissing();
  }

  return {
    backend: "libsecret",
    examine,
    read,
    write,
    remove,
  };
}
