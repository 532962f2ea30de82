/** What the Keychain is asked for: a match by attributes, a secret, a new item, a change, and so on. */
export type Action = "search" | "read" | "add" | "update" | "delete" | "info";

/** What comes in place of the Keychain's own answer. A number is an OSStatus. */
export type Answer =
  | number
  /** A dialog that nobody answers: it lasts until the process is killed. */
  | "dialog"
  /** The same, and a child of the process keeps stdout and stderr open when it is killed. */
  | "dialog-with-agent"
  /** Success, with nothing done. */
  | "phantom";

export type Answers = Readonly<Partial<Record<Action, Answer>>>;

const LOCKED = -25308; // errSecInteractionNotAllowed, exit code 36
const DENIED = -25293; // errSecAuthFailed, exit code 51
const DECLINED = -128; // userCanceledErr, exit code 128
const NO_DEFAULT = -25307; // errSecNoDefaultKeychain, exit code 37
const NOT_FOUND = -25300; // errSecItemNotFound, exit code 44

/** What needs an open keychain. A match by attributes does not. */
function opening(answer: Answer): Answers {
  return { read: answer, add: answer, delete: answer, info: answer };
}

/** The states in which a Keychain can be met. Where nothing is named, it does its work. */
export const MODES = {
  normal: {},
  "locked-headless": opening(LOCKED),
  denied: { read: DENIED, add: DENIED, delete: DENIED },
  declined: { read: DECLINED, add: DECLINED, delete: DECLINED },
  /** Seen without a session. What the whole OSStatus is, nobody wrote down. */
  "headless-154": { ...opening(154), search: 154 },
  /** With `-U`, an item that may not be changed. */
  "update-fails": { update: DENIED },
  "phantom-write": { add: "phantom" },
  dialog: opening("dialog"),
  "dialog-with-agent": opening("dialog-with-agent"),
  /** Why a match failed is lost in the tool. */
  "no-default-keychain": { search: NOT_FOUND, add: NO_DEFAULT, info: NO_DEFAULT },
} as const satisfies Record<string, Answers>;

/** A mode by its name, or answers for what has no name. */
export type Mode = keyof typeof MODES | Answers;

export function answersIn(mode: Mode): Answers {
  return typeof mode === "string" ? MODES[mode] : mode;
}
