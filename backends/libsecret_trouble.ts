import type { Choice, Trouble } from "../lib/vault/keystore.ts";
import type { CommandResult } from "./command.ts";
import type { Missing, MissingOrTrouble } from "./item.ts";

/** Makes or opens a GNOME keyring where there is only a terminal. A line end would be part of the password. */
const DAEMON =
  'read -rs PASSWORD; printf %s "$PASSWORD" | gnome-keyring-daemon --replace --unlock --components=secrets';

/** How to get to an open keyring. */
const UNLOCK =
  `log in to the desktop, or unlock the keyring in its password manager; on a terminal: ${DAEMON}`;

const MISSING = {
  no_bus: {
    reason: "Cannot reach the keyring (Secret Service): there is no D-Bus session bus",
    hint: "run this in the desktop session, or set DBUS_SESSION_BUS_ADDRESS to its bus",
  },
  no_secret_tool: {
    reason: "Cannot reach the keyring (Secret Service): secret-tool is not installed",
    hint: "install it (Debian: libsecret-tools; Fedora, Arch: libsecret)",
  },
  no_service: {
    reason: "Cannot reach the keyring (Secret Service): nothing on the session bus provides it",
    hint: `log in to the desktop; on a terminal: ${DAEMON}`,
  },
  no_collection: {
    reason: "Cannot use the keyring (Secret Service): there is none yet",
    hint: `make one in the desktop's password manager; on a terminal: ${DAEMON}`,
  },
} as const satisfies Partial<Record<Choice, { reason: string; hint: string }>>;

/** What secret-tool prints, in the C locale, when there is no keystore that could be locked. */
const TEXTS: readonly (readonly [RegExp, keyof typeof MISSING])[] = [
  // As dbus-daemon and dbus-broker say it.
  [/was not provided by any \.service files|is not activatable/, "no_service"],
  [/Could not connect|autolaunch/, "no_bus"],
  [
    /Object does not exist at path .\/org\/freedesktop\/secrets\/(collection|aliases)\/[^/]+$/m,
    "no_collection",
  ],
];

/** Whether the tool met an item that another process removed at that moment, which says nothing of the keyring. */
export function metRemovedItem(result: CommandResult): boolean {
  return result.state === "ended" && result.code !== 0 &&
    /Object does not exist at path .\/org\/freedesktop\/secrets\/collection\/[^/]+\//.test(result.stderr);
}

/** There is no such keystore here. */
export function missing(why: keyof typeof MISSING): Missing {
  return { state: "missing", why, ...MISSING[why] };
}

/** The keystore is there, and could be used with the tool. */
export function toolMissing(): Trouble {
  return { state: "unavailable", ...MISSING.no_secret_tool };
}

/** What a call of secret-tool that failed says of the keystore. Its own text is never repeated. */
export function troubleOf(result: CommandResult): MissingOrTrouble {
  if (result.state === "not_started") return missing("no_secret_tool");
  if (result.state === "late") {
    return unavailable("it does not answer", "end the keyring daemon that hangs, and start it again");
  }
  if (/in a locked collection/.test(result.stderr)) return locked();
  const why = TEXTS.find(([text]) => text.test(result.stderr))?.[1];
  if (why !== undefined) return missing(why);
  return unavailable(
    `secret-tool failed with exit code ${result.code}`,
    "secret-tool search --all service x",
  );
}

/** It is there, and nobody was asked, or nobody answered. */
export function locked(): Trouble {
  return { state: "locked", reason: "Cannot use the keyring: it is locked", hint: UNLOCK };
}

/** Somebody was asked, and it is still locked. */
export function declined(): Trouble {
  return {
    state: "declined",
    reason: "Cannot use the keyring: it was not unlocked",
    hint: `try again; or ${UNLOCK}`,
  };
}

/** The keystore is open, and has no such item. */
export function absent(): Trouble {
  return {
    state: "absent",
    reason: "Cannot find the vault's key: the keyring that is open does not have it",
    hint: "use the keyring in which the vault was made, or restore it from a backup",
  };
}

/** Where an item was to be read, a keystore that is not there can't be passed over. */
export function asTrouble(problem: MissingOrTrouble): Trouble {
  if (problem.state !== "missing") return problem;
  return { state: "unavailable", reason: problem.reason, hint: problem.hint };
}

function unavailable(what: string, hint: string): Trouble {
  return { state: "unavailable", reason: `Cannot reach the keyring (Secret Service): ${what}`, hint };
}
