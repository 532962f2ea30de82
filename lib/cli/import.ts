import type { Command } from "commander";
import { AppError } from "../errors.ts";
import { providerById } from "../providers/table.ts";
import { type Acceptable, adopt } from "../vault/adopt.ts";
import { LEGACY_SERVICES, type LegacySecret } from "../vault/legacy.ts";
import { tokensIn } from "../vault/login.ts";
import { acceptKey, acceptLogin } from "./accept.ts";
import type { Context } from "./context.ts";
import { findLegacySecrets } from "./legacy_places.ts";
import { writeNote } from "./render.ts";

/** Above it, a time is in milliseconds rather than in seconds. */
const LAST_SECOND = 1e11;

/** Adds `import agentgazer`. */
export function addImportCommand(program: Command, context: Context): void {
  const command = program.command("import").helpCommand(false).description("bring in what others stored");
  command.command("agentgazer")
    .description("copy the keys and logins of the AgentGazer product; its own stay as they are")
    .action(() => importAgentGazer(context));
}

async function importAgentGazer(context: Context): Promise<void> {
  const { terminal } = context.system;
  const vault = await context.vault();
  const { secrets, problems } = await findLegacySecrets(context);
  const accepted: Acceptable[] = [];
  const left: string[] = [];
  for (const one of secrets) {
    const taken = accept(one);
    if (typeof taken === "string") left.push(taken);
    else accepted.push(taken);
  }
  const { kept, different, problems: damaged } = await adopt(vault, accepted);
  if (kept.length > 0) {
    const names = [...new Set(kept.map(({ name }) => name))];
    await writeNote(terminal, `in the vault now: ${names.join(", ")}; the originals are untouched`);
  }
  for (const { kind, name } of different) {
    const remove = kind === "login" ? "logout" : "providers remove";
    await writeNote(
      terminal,
      `left out ${name}: the vault has another credential for it`,
      `to take this one: agentgazer ${remove} ${name}, and import again`,
    );
  }
  for (const reason of [...left, ...damaged]) await writeNote(terminal, `left out one: ${reason}`);
  const [first, ...others] = problems;
  for (const { message, hint } of others) await writeNote(terminal, message, hint);
  if (first !== undefined) throw first;
  if (secrets.length > 0) return;
  throw new AppError(
    "not_found",
    "Cannot find anything that AgentGazer stored for this user",
    "agentgazer providers set <id>",
  );
}

function accept({ service, account, secret }: LegacySecret): Acceptable | string {
  const value = secret.reveal();
  if (service === LEGACY_SERVICES.key) return acceptKey(account, value);
  const provider = providerById(account);
  if (provider?.auth !== "oauth") return "its login is not known";
  const login = tokensIn(value);
  return login === undefined
    ? `the login of ${provider.id} has no token`
    : acceptLogin(provider, login, endOf(value));
}

/** When the access token ends, in milliseconds since 1970 began. */
function endOf(value: string): number | undefined {
  const { expiresAt } = JSON.parse(value);
  if (typeof expiresAt !== "number" || !(expiresAt > 0 && expiresAt < 1e14)) return undefined;
  return expiresAt < LAST_SECOND ? expiresAt * 1000 : expiresAt;
}
