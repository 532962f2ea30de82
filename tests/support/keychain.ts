import type { Asking } from "../../backends/asking.ts";
import { itemBackend, type Items } from "../../backends/item.ts";
import { keychainItems, type KeychainOptions } from "../../backends/keychain.ts";
import type { KeyStore } from "../../lib/vault/keystore.ts";
import { countingRandom } from "./fake_system.ts";
import type { Security } from "./security/fixture.ts";
import { temporaryFolder } from "./temporary_folder.ts";
import { writeProgram } from "./write_program.ts";

/** Longer than the stand-in ever takes, shorter than a person waits, in milliseconds. */
export const AMPLE = 20_000;

/** The service of our items. */
export const SERVICE = "com.agentgazer.vault";

/** Asks nobody, and gives a step that may open a dialog this long. */
export function silent(deadline = AMPLE): Asking {
  return { attended: false, deadline, silentDeadline: AMPLE, tell: () => {} };
}

/** Asks somebody who does what `tell` does, and gives them this long. */
export function attended(tell: (message: string) => void, deadline = AMPLE): Asking {
  return { attended: true, deadline, silentDeadline: AMPLE, tell };
}

/** The Keychain behind a program, in a graphical session. */
export function keychain({ path }: Pick<Security, "path">, options: Partial<KeychainOptions> = {}): Items {
  return keychainItems({
    program: path,
    home: "/Users/ada",
    asking: silent(),
    isGraphical: () => Promise.resolve(true),
    ...options,
  });
}

/** The backend on the Keychain behind a program. */
export function keychainStore(
  program: Pick<Security, "path">,
  options: Partial<KeychainOptions> = {},
  random: (length: number) => Uint8Array<ArrayBuffer> = countingRandom(),
): KeyStore {
  return itemBackend(
    keychain(program, options),
    keychain(program, { ...options, asking: silent() }),
    random,
  );
}

/** A program for /bin/sh with a folder of its own, in which it runs as `$folder`. */
export interface Script extends Disposable {
  readonly path: string;
  /** A path in its folder. */
  at(name: string): string;
}

/** Makes a program in place of `security`. */
export function shellScript(lines: string): Script {
  const folder = temporaryFolder();
  const path = folder.at("security");
  writeProgram(path, `#!/bin/sh\nfolder='${folder.path}'\n${lines}\n`);
  return { path, at: (name) => folder.at(name), [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** Runs every row at once, each as a step: they wait for processes most of the time. */
export async function atOnce<Row>(
  t: Deno.TestContext,
  rows: readonly Row[],
  nameOf: (row: Row) => string,
  check: (row: Row) => Promise<void>,
): Promise<void> {
  const sanitize = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  await Promise.all(rows.map((row) => t.step({ name: nameOf(row), fn: () => check(row), ...sanitize })));
}
