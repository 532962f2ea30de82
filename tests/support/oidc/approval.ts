import { type ProviderOptions, RESOURCE, ROUTES, SCOPES } from "./settings.ts";

/** What is used of Koa's context. */
interface Context {
  readonly path: string;
  readonly req: unknown;
  readonly res: unknown;
  query: Record<string, unknown>;
  redirect(url: string): void;
}

const PATH = "/interaction/";

/** The page on which a user would sign in and consent: it answers for the user, with a redirect. */
export const approval = {
  url: (_ctx: unknown, interaction: { readonly uid: string }): string => PATH + interaction.uid,

  // deno-lint-ignore no-explicit-any -- oidc-provider has no types
  middleware(provider: any, { client, account, decision }: ProviderOptions) {
    async function decide() {
      if (decision() === "deny") return { error: "access_denied", error_description: "the user said no" };
      const grant = new provider.Grant({ accountId: account.sub, clientId: client.client_id });
      grant.addOIDCScope(SCOPES.join(" "));
      grant.addResourceScope(RESOURCE, SCOPES.join(" "));
      return { login: { accountId: account.sub }, consent: { grantId: await grant.save() } };
    }

    return async (ctx: Context, next: () => Promise<void>): Promise<void> => {
      // The real server gives offline access without a prompt. OpenID Connect Core §11 wants one.
      if (ctx.path === ROUTES.authorization && ctx.query.prompt === undefined) {
        ctx.query = { ...ctx.query, prompt: "consent" };
      }
      if (!ctx.path.startsWith(PATH)) return await next();
      ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, await decide()));
    };
  },
};
