import type { Trouble } from "../lib/vault/keystore.ts";
import type { CommandResult } from "./command.ts";
import type { Missing } from "./item.ts";

/** It is there, and nobody opened it. */
export const LOCKED: Trouble = {
  state: "locked",
  reason: "Cannot use the Keychain: it is locked, or nobody answered its dialog",
  hint: "security unlock-keychain",
};

/** There, but not for this session. */
export const UNAVAILABLE: Trouble = {
  state: "unavailable",
  reason: "Cannot reach the Keychain from this session",
  hint: "log in at the screen of this Mac, or: security unlock-keychain",
};

const DENIED: Trouble = {
  state: "denied",
  reason: "Cannot use the Keychain: it does not let `security` have the item",
  hint: 'in Keychain Access, let "security" use the item com.agentgazer.vault',
};

/** By the low byte of the OSStatus (SecBase.h), which is the exit code of `security`. */
const BY_EXIT_CODE: Readonly<Record<number, Trouble>> = {
  24: UNAVAILABLE, // errSecInDarkWake
  29: LOCKED, // errSecInteractionRequired
  36: LOCKED, // errSecInteractionNotAllowed
  37: UNAVAILABLE, // errSecNoDefaultKeychain
  44: {
    state: "absent", // errSecItemNotFound
    reason: "Cannot find the vault's key: the Keychain does not have it",
    hint: "use the login keychain in which the vault was made, or restore it from a backup",
  },
  45: DENIED, // errSecDuplicateItem: with -U, an update that failed
  50: UNAVAILABLE, // errSecNoSuchKeychain
  51: DENIED, // errSecAuthFailed
  53: UNAVAILABLE, // errSecNotAvailable
  128: {
    state: "declined", // userCanceledErr
    reason: "Cannot use the Keychain: its dialog was declined",
    hint: "try again and allow it",
  },
  154: UNAVAILABLE, // seen without a session
};

/** What a call of `security` that failed says of the Keychain. */
export function failureOf(result: CommandResult): Trouble {
  if (result.state === "late") return LOCKED;
  if (result.state === "not_started") {
    return {
      state: "unavailable",
      reason: "Cannot reach the Keychain: /usr/bin/security can't be started",
      hint: "ls -l /usr/bin/security",
    };
  }
  return BY_EXIT_CODE[result.code] ?? {
    state: "unavailable",
    reason: `Cannot reach the Keychain: security failed with exit code ${result.code}`,
    hint: "security show-keychain-info",
  };
}

/** Nobody could answer a dialog, so it is not chosen by itself. */
export function noSession(): Missing {
  return {
    state: "missing",
    why: "no_gui_session",
    reason: "Cannot use the Keychain: this is no graphical session",
    hint: "log in at the screen of this Mac",
  };
}
