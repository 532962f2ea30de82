import { AppError } from "../errors.ts";
import type { System } from "../system.ts";
import type { Vault } from "../vault/vault.ts";
import type { Refresher } from "./refresh.ts";

/** How often the logins are looked at, in milliseconds; as much again is left to chance. */
const PERIOD = 20_000;

/** Renews logins before anybody has to wait for it, until the signal aborts. Programs that run alike spread out. */
export async function keepFresh(
  refresher: Refresher,
  vault: Vault,
  system: Pick<System, "sleep" | "random">,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await system.sleep(PERIOD * (1 + system.random(1)[0]! / 256));
    if (!signal.aborted) await lookOnce(refresher, vault);
  }
}

/** What is wrong is told by the refresher, or to the next request. */
async function lookOnce(refresher: Refresher, vault: Vault): Promise<void> {
  const ignore = (error: unknown) => {
    if (!(error instanceof AppError)) throw error;
  };
  try {
    const logins = vault.read().entries("login").good;
    await Promise.all(logins.map(({ name, fields }) => refresher.ensure(name, fields).catch(ignore)));
  } catch (error) {
    ignore(error);
  }
}
