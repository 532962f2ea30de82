import type { Command } from "commander";
import { AppError } from "../errors.ts";
import type { Grant } from "../oauth/service.ts";
import { putLogin } from "../oauth/stored_login.ts";
import { storeCommand } from "../providers/remedy.ts";
import type { Provider } from "../providers/table.ts";
import { type Context, requireProvider } from "./context.ts";
import type { TerminalConversation } from "./conversation.ts";
import { addExamples } from "./examples.ts";
import { logInWithKey } from "./login_key.ts";
import { requireRegion } from "./regions.ts";
import { writeNote } from "./render.ts";
import { refuseRuntimeVariables } from "./runtime_variables.ts";

interface Options {
  readonly device?: true;
  readonly browser: boolean;
  readonly region?: string;
}

/** Adds `login`. */
export function addLoginCommand(program: Command, context: Context): void {
  const login = program.command("login").description("log in to a subscription plan")
    .argument("<id>", "openai-oauth, minimax-oauth or zhipu-coding-plan")
    .option("--device", "log in with a code that is entered on any device")
    .option("--no-browser", "print the page's address only")
    .option(
      "--region <region>",
      "where the plan was bought: minimax-oauth and zhipu-coding-plan have several",
    )
    .action((id: string, options: Options) => logIn(context, id, options));
  addExamples(
    login,
    ["agentgazer login openai-oauth", "in the browser"],
    ["agentgazer login openai-oauth --device", "with a code, without a browser"],
    ["agentgazer login minimax-oauth --region cn", "a plan of minimaxi.com"],
  );
}

async function logIn(context: Context, id: string, { device, browser, region }: Options): Promise<void> {
  const { system, userAgent } = context;
  const provider = requireLogin(id);
  if (provider.auth === "guided" && device === true) {
    throw new AppError("usage", `${provider.name} has no login with a code`, storeCommand(provider));
  }
  refuseRuntimeVariables(system.env, "log in");
  const chosen = region === undefined ? context.regions().of(provider) : requireRegion(provider, region);
  const vault = await context.vault();
  // A login that could not be stored in the end would be lost.
  await vault.prepare();
  let keeping: Promise<Grant> | undefined;
  const store = async (grant: Grant, talk?: TerminalConversation) => {
    // A keystore may have something to tell.
    await talk?.stopShowing();
    await putLogin(vault, context.home(), provider.id, grant);
    return grant;
  };
  const keeper = (talk?: TerminalConversation) => async (grant: Grant) =>
    void await (keeping = store(grant, talk));
  if (provider.auth === "guided") await logInWithKey(context, provider, chosen, browser, keeper());
  else {
    // Loaded only here, since every command would wait for it.
    const [{ LOGINS }, { makeConversation }] = await Promise.all([
      import("../oauth/services.ts"),
      import("./conversation.ts"),
    ]);
    const talk = makeConversation(system, browser);
    const options = { device: device === true, region: chosen, talk, keep: keeper(talk) };
    try {
      await LOGINS[provider.id]!({ system, userAgent }, system, options);
    } catch (error) {
      // Stopped while it was being stored: what became of that is the truth.
      if (keeping === undefined) throw error;
    }
  }
  await tellSuccess(context, provider, await keeping!);
}

async function tellSuccess({ system }: Context, provider: Provider, { fields }: Grant): Promise<void> {
  const plan = fields.plan === undefined ? "" : ` (${fields.plan})`;
  const as = fields.account === undefined ? "" : ` as ${fields.account}${plan}`;
  await writeNote(system.terminal, `logged in to ${provider.name}${as}`, "to use it: agentgazer start");
}

/**
 * The provider with this id, if it is one that people log in to.
 *
 * @param command what is to be typed for another one
 * @throws {AppError} `usage`
 */
export function requireLogin(id: string, command = storeCommand): Provider {
  const provider = requireProvider(id);
  if (provider.auth !== "api-key") return provider;
  throw new AppError("usage", `${provider.name} has no login: it takes an API key`, command(provider));
}
