// What the commands give, and whose low byte is the exit code (SecBase.h, security.c).
export const OK = 0;
export const FAILED = 1;
export const USAGE = 2;
export const NO_SUCH_KEYCHAIN = -25294;
export const DUPLICATE = -25299;
export const NOT_FOUND = -25300;

const TEXTS: Readonly<Record<number, string>> = {
  [-128]: "User canceled the operation.",
  [-25293]: "The user name or passphrase you entered is not correct.",
  [NO_SUCH_KEYCHAIN]: "The specified keychain could not be found.",
  [DUPLICATE]: "The specified item already exists in the keychain.",
  [NOT_FOUND]: "The specified item could not be found in the keychain.",
  [-25308]: "User interaction is not allowed.",
};

export function statusText(status: number): string {
  return TEXTS[status] ?? `OSStatus ${status}`;
}

/** Whether a command may use the keychain that it is told to: there is only the login keychain. */
export function isKeychain(path: string | undefined): boolean {
  return path === undefined || /(^|\/)login\.keychain(-db)?$/.test(path);
}
