import type { Command } from "commander";
import { AppError } from "../errors.ts";
import { KEY_PAGES } from "../oauth/services/zhipu.ts";
import { readLogin, type StoredLogin, withLoginLock } from "../oauth/stored_login.ts";
import { type Provider, providerById } from "../providers/table.ts";
import type { Vault } from "../vault/vault.ts";
import type { Context } from "./context.ts";
import { requireLogin } from "./login.ts";
import { servicesOf } from "./logins.ts";
import { writeNote } from "./render.ts";
import { refuseRuntimeVariables } from "./runtime_variables.ts";

/** Adds `logout`. */
export function addLogoutCommand(program: Command, context: Context): void {
  program.command("logout").description("end a login, and remove its tokens")
    .argument("<id>", "openai-oauth, minimax-oauth or zhipu-coding-plan")
    .action((id: string) => logOut(context, id));
}

async function logOut(context: Context, id: string): Promise<void> {
  const { terminal, env } = context.system;
  const vault = await context.vault();
  // Also one that another version stored.
  if (!vault.read().has("login", id)) throw notLoggedIn(requireLogin(id, removeCommand).name);
  refuseRuntimeVariables(env, "log out");
  const provider = providerById(id);
  const name = provider?.name ?? id;
  const work = () => take(vault, id, name);
  const stored = await (provider === undefined ? work() : withLoginLock(context.home(), id, work));
  const what = provider?.auth === "guided" ? "key is" : "tokens are";
  await writeNote(terminal, `logged out of ${name}: its ${what} removed from the vault`);
  const open = await revoke(context, provider, stored);
  if (open !== undefined) await writeNote(terminal, ...open);
}

/** Removes the login, and gives what it was, unless it is damaged. */
async function take(vault: Vault, id: string, name: string): Promise<StoredLogin | undefined> {
  const stored = await readLogin(vault, id).catch((error) => {
    if (error instanceof AppError && error.code === "vault_damaged") return undefined;
    throw error;
  });
  if (!await vault.change((draft) => draft.remove("login", id))) throw notLoggedIn(name);
  return stored;
}

/** Ends the login at the service; what the user has to do there, if it is not certain. */
async function revoke(
  context: Context,
  provider: Provider | undefined,
  stored: StoredLogin | undefined,
): Promise<[message: string, hint: string] | undefined> {
  if (provider?.auth === "guided") {
    const region = stored?.fields.region ?? "";
    const page = Object.hasOwn(KEY_PAGES, region) ? KEY_PAGES[region] : Object.values(KEY_PAGES).join(" or ");
    return ["the key itself is still valid", `delete it on ${page}`];
  }
  const service = (await servicesOf(context)).find((one) => one.id === provider?.id);
  if (service?.revoke === undefined) {
    return [
      `${
        provider?.name ?? "The service"
      } has no way to end a login from here: its tokens stay valid until they end`,
      "end it on its site",
    ];
  }
  const reason = stored === undefined ? "its entry was damaged" : await service.revoke(stored.login);
  if (reason === undefined) return undefined;
  return [
    `it could not be confirmed that the login ended at the service: ${reason}`,
    "end it on its site, in the settings of your account",
  ];
}

function removeCommand({ id }: Provider): string {
  return `agentgazer providers remove ${id}`;
}

function notLoggedIn(name: string): AppError {
  return new AppError(
    "not_found",
    `Cannot log out of ${name}: there is no login`,
    "agentgazer providers list",
  );
}
