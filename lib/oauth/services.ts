import type { System } from "../system.ts";
import type { Sender } from "./http.ts";
import type { LoginOptions, Service } from "./service.ts";
import { codexService } from "./services/codex.ts";
import { logInWithBrowser } from "./services/codex_browser.ts";
import { logInWithDevice } from "./services/codex_device.ts";
import { minimaxService } from "./services/minimax.ts";
import { logInToMiniMax } from "./services/minimax_login.ts";

/** The services that give tokens. */
export function servicesWith(sender: Sender, system: System): readonly Service[] {
  return [codexService(sender, system), minimaxService(sender, system)];
}

/** How the login of each provider is made. Each throws an `AppError`: `login_failed`, `network_failed`, `interrupted`. */
export const LOGINS: Readonly<
  Record<string, (sender: Sender, system: System, options: LoginOptions) => Promise<void>>
> = {
  "openai-oauth": (sender, system, options) =>
    (options.device ? logInWithDevice : logInWithBrowser)(sender, system, options),
  "minimax-oauth": logInToMiniMax,
};
