import { AppError } from "../errors.ts";
import type { Grant } from "../oauth/service.ts";
import { DEFAULT_REGION, KEY_PAGES, NOTICE } from "../oauth/services/zhipu.ts";
import { MAX_KEY_BYTES, parseKey } from "../providers/key.ts";
import { storeCommand } from "../providers/remedy.ts";
import type { Provider } from "../providers/table.ts";
import type { Secret } from "../secret.ts";
import { checkCredential } from "./check_credential.ts";
import type { Context } from "./context.ts";
import { askHidden, readAll } from "./prompt.ts";

/** A login for a plan that has none: shows where the key is made, takes it, and keeps it if the plan accepts it. */
export async function logInWithKey(
  context: Context,
  provider: Provider,
  region: string = DEFAULT_REGION,
  browser: boolean,
  keep: (grant: Grant) => Promise<void>,
): Promise<void> {
  const { terminal, openBrowser } = context.system;
  const page = KEY_PAGES[region]!;
  await terminal.err(`${NOTICE}\n\nYour keys are on this page:\n${page}\n`);
  if (terminal.stdin.isTerminal && browser) await openBrowser(page);
  const text = terminal.stdin.isTerminal
    ? await askHidden(context.system, `${provider.name} API key (not shown): `)
    : await readAll(terminal, MAX_KEY_BYTES + 2);
  const accessToken = parsePlanKey(provider, text);
  await refuseInvalid(context, provider, region, accessToken);
  await keep({ login: { accessToken }, fields: { region } });
}

/** What looks like another provider's key is not sent to this one. */
function parsePlanKey(provider: Provider, text: string): Secret {
  try {
    return parseKey(provider, text, false);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, error.message, storeCommand(provider));
  }
}

async function refuseInvalid(
  context: Context,
  provider: Provider,
  region: string,
  secret: Secret,
): Promise<void> {
  const { result, detail } = await checkCredential(context, provider, region, { secret });
  if (result === "valid") return;
  if (result === "rejected" || result === "no-access") {
    const again = storeCommand(provider);
    const [other, page] = Object.entries(KEY_PAGES).find(([name]) => name !== region)!;
    const elsewhere = `for a key of ${new URL(page).host}: ${again} --region ${other}`;
    const cannot = `Cannot store the ${provider.name} key: the plan does not accept it`;
    throw result === "no-access"
      ? new AppError("credential_rejected", `${cannot} (${detail})`, elsewhere)
      : new AppError(
        "credential_rejected",
        cannot,
        `make one on ${KEY_PAGES[region]}, then: ${again}; ${elsewhere}`,
      );
  }
  throw new AppError(
    "network_failed",
    `The key could not be checked: ${detail}`,
    "nothing was stored; try again",
  );
}
