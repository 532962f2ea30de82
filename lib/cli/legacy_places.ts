import { dirname, isAbsolute, join } from "node:path";
import { AppError } from "../errors.ts";
import { PROVIDERS } from "../providers/table.ts";
import { Secret } from "../secret.ts";
import { members, readConfig } from "../vault/config.ts";
import { readGuarded } from "../vault/file.ts";
import { keystoreError } from "../vault/keystore.ts";
import { LEGACY_SERVICES, type LegacyItems, type LegacySecret, openLegacyFile } from "../vault/legacy.ts";
import type { Context } from "./context.ts";

/** Looks in every place where the AgentGazer product stores. What can't be read does not hide the rest. */
export async function findLegacySecrets(
  context: Context,
): Promise<{ readonly secrets: readonly LegacySecret[]; readonly problems: readonly AppError[] }> {
  const legacy = context.legacy();
  const secrets: LegacySecret[] = [];
  const problems: AppError[] = [];
  for (const items of legacy.items) await inKeystore(items, secrets, problems);
  for (const path of files(context)) {
    try {
      secrets.push(...inFile(path, await legacy.identity()));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      problems.push(error);
    }
  }
  return { secrets, problems };
}

/** One item that can't be had, such as one that the user denies, does not hide the others. */
async function inKeystore(items: LegacyItems, found: LegacySecret[], problems: AppError[]): Promise<void> {
  const problem = await items.examine("explicit");
  if (problem?.state === "missing") return;
  for (const service of Object.values(LEGACY_SERVICES)) {
    for (const { id: account } of PROVIDERS) {
      const result = await items.read(service, account);
      if (result.state === "found") found.push({ service, account, secret: new Secret(result.value) });
      else if (result.state !== "absent") problems.push(keystoreError(result));
      // The user was asked once, or can't be asked: the other items would be no different.
      if (["locked", "declined", "unavailable"].includes(result.state)) return;
    }
  }
}

/** The product's folder is `.agentgazer`, whatever `AGENTGAZER_HOME` says; but its file may have been moved along. */
function files({ system, home }: Context): string[] {
  const folders = [home().folder];
  const userHome = system.env("HOME");
  if (userHome !== undefined && isAbsolute(userHome)) folders.push(join(userHome, ".agentgazer"));
  return [...new Set(folders)].map((folder) => join(folder, "secrets.enc"));
}

function inFile(path: string, identity: string): LegacySecret[] {
  const bytes = readGuarded(path, "named");
  if (bytes === undefined) return [];
  const services: readonly string[] = Object.values(LEGACY_SERVICES);
  return openLegacyFile(bytes, identity, saltFor(path), path).filter(({ service }) =>
    services.includes(service)
  );
}

/** The salt that later versions keep beside the file. */
function saltFor(path: string): string | undefined {
  try {
    const { root } = readConfig({ config: join(dirname(path), "config.json") });
    const salt = members(root, "_machineKeySalt")[0]?.value.value;
    return typeof salt === "string" && /^([0-9a-f]{2})+$/i.test(salt) ? salt : undefined;
  } catch (error) {
    // The salt of the first versions is tried all the same.
    if (error instanceof AppError && error.code === "usage") return undefined;
    throw error;
  }
}
