import { type Command, Option } from "commander";
import { AppError } from "../errors.ts";
import { type BackendName, BACKENDS, type Choice, CHOICES, type Trouble } from "../vault/keystore.ts";
import type { Vault } from "../vault/vault.ts";
import type { Context } from "./context.ts";
import { addExamples } from "./examples.ts";
import { writeJson, writeNote } from "./render.ts";

/** `keystore status --json`. */
export interface KeystoreStatus {
  readonly backend: BackendName;
  readonly reason: string;
  readonly state: "open" | "locked" | "absent" | "unavailable";
}

/** What scripts see of the finer states. */
const STATES: Readonly<Record<Trouble["state"], KeystoreStatus["state"]>> = {
  absent: "absent",
  locked: "locked",
  declined: "locked",
  denied: "locked",
  unavailable: "unavailable",
  corrupt: "unavailable",
};

/** Adds `keystore status | move`. */
export function addKeystoreCommands(program: Command, context: Context): void {
  const keystore = program.command("keystore").helpCommand(false).description(
    "see and change where the vault's key is kept",
  );
  keystore.command("status").description("say which keystore is used, why, and whether it is open")
    .option("--json", "print JSON")
    .action(({ json }) => status(context, json === true));
  const moving = keystore.command("move").description(
    "seal everything under a new key, and keep that key elsewhere",
  )
    .addOption(
      new Option("--to <backend>", "where to; has to be given").choices(BACKENDS).makeOptionMandatory(),
    )
    .action(({ to }) => move(context, to));
  addExamples(
    moving,
    ["agentgazer keystore move --to libsecret", "into the keyring of a Linux desktop"],
    ["agentgazer keystore move --to machine", "into a file, without a keyring"],
  );
}

async function status(context: Context, json: boolean): Promise<void> {
  const { terminal } = context.system;
  const vault = await context.vault("silent");
  const { status, trouble } = await keystoreStatus(context, vault);
  if (json) await writeJson(terminal, status);
  else await terminal.out(`${status.backend}: ${status.state}; ${status.reason}\n`);
  if (trouble !== undefined) await writeNote(terminal, trouble.reason, trouble.hint);
  try {
    vault.checkBackend();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await writeNote(terminal, error.message, error.hint);
  }
}

/**
 * What is known of the vault's keystore; without a vault, of the one that a new vault would use.
 *
 * @throws {AppError} `key_mismatch`, `vault_damaged`
 */
export async function keystoreStatus(
  context: Context,
  vault: Vault,
): Promise<{ readonly status: KeystoreStatus; readonly trouble: Trouble | undefined }> {
  const known = await vault.keyState();
  if (known === undefined) {
    const { backend, chosen, trouble } = await context.keyStores(context.home(), "silent").prospect();
    const reason = `there is no vault yet; a new one would use it because ${CHOICES[chosen]}`;
    return { status: { backend, reason, state: stateOf(trouble) }, trouble };
  }
  const { record, trouble } = known;
  // Who can write the file can write anything there.
  const why = Object.hasOwn(CHOICES, String(record.chosen)) ? CHOICES[record.chosen as Choice] : undefined;
  const reason = `chosen because ${why ?? "the vault was made with it"}`;
  return { status: { backend: record.backend, reason, state: stateOf(trouble) }, trouble };
}

function stateOf(trouble: Trouble | undefined): KeystoreStatus["state"] {
  return trouble === undefined ? "open" : STATES[trouble.state];
}

async function move(context: Context, to: BackendName): Promise<void> {
  const { terminal } = context.system;
  const vault = await context.vault();
  const moved = await vault.move(to);
  if (moved === undefined) {
    await writeNote(terminal, `the vault's key is in "${to}" already`);
    return;
  }
  await writeNote(terminal, `moved the vault's key from "${moved.from}" to "${to}"`);
  if (moved.leftover !== undefined) {
    await writeNote(
      terminal,
      `the old key is still in "${moved.from}" and opens nothing any more`,
      moved.leftover.hint,
    );
  }
}
