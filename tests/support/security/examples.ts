import { Buffer } from "node:buffer";
import { type Mode, type Security, startSecurity } from "./fixture.ts";

/** The command that stores an item. */
export const ADD = ["add-generic-password", "-a", "me", "-s", "app"];
/** The one that finds it. */
export const FIND = ["find-generic-password", "-a", "me", "-s", "app"];
/** The one that removes it. */
export const DELETE = ["delete-generic-password", "-a", "me", "-s", "app"];
/** What is said of an item that is not there. */
export const MISSING =
  "security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.\n";
/** What is said of one that is there already. */
export const TWICE =
  "security: SecKeychainItemCreateFromContent (<default>): The specified item already exists in the keychain.\n";
/** What is said of one that must not be changed. */
export const UNCHANGED =
  "security: SecKeychainItemModifyContent: The user name or passphrase you entered is not correct.\n";

/** What is stored, as `service/account=secret`. */
export function stored(security: Security): string[] {
  return security.items().map(({ service, account, secret }) =>
    `${service}/${account}=${Buffer.from(secret).toString("latin1")}`
  );
}

/** A Keychain with one item. */
export function withItem(secret: string | Uint8Array = "old", mode: Mode = "normal"): Security {
  const security = startSecurity({ mode });
  security.put("app", "me", Buffer.from(secret));
  return security;
}

/** Runs every row at once: each has a Keychain of its own. */
export async function each<Row extends readonly [string, ...unknown[]]>(
  t: Deno.TestContext,
  rows: readonly Row[],
  check: (row: Row) => Promise<void>,
): Promise<void> {
  const sanitize = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  await Promise.all(rows.map((row) => t.step({ name: row[0], fn: () => check(row), ...sanitize })));
}

/** The same as a line, with a secret. */
export function addLine(secret: string, ...options: string[]): string {
  return [...ADD, ...options, "-w", secret].join(" ");
}
