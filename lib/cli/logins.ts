import { Refresher, type RefresherOptions } from "../oauth/refresh.ts";
import type { Service } from "../oauth/service.ts";
import type { Vault } from "../vault/vault.ts";
import type { Context } from "./context.ts";

/** What keeps the logins of a vault fresh. */
export async function refresherFor(
  context: Context,
  vault: Vault,
  tell: RefresherOptions["tell"],
): Promise<Refresher> {
  const { system } = context;
  return new Refresher({ vault, home: context.home(), services: await servicesOf(context), system, tell });
}

/** The services that give tokens. */
export async function servicesOf({ system, userAgent }: Context): Promise<readonly Service[]> {
  // Loaded only by commands that log in or renew, since every command would wait for it.
  const { servicesWith } = await import("../oauth/services.ts");
  return servicesWith({ system, userAgent }, system);
}
