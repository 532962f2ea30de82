import { createHash } from "node:crypto";
import type { Sender } from "../../lib/oauth/http.ts";
import type { Grant, Service } from "../../lib/oauth/service.ts";
import { codexGrant, codexService } from "../../lib/oauth/services/codex.ts";
import { type Oidc, OIDC_CLIENT, OIDC_REDIRECTS, startOidc } from "./oidc.ts";

const VERIFIER = "v".repeat(43);
const DAY = 24 * 60 * 60;

/** The service of OpenAI's logins, in this process, in front of a real authorization server. */
export interface ServiceScene extends AsyncDisposable {
  readonly oidc: Oidc;
  readonly service: Service;
  logIn(): Promise<Grant>;
  /** Whether the server still takes a login's refresh token; that spends it. */
  isGood(grant: Grant): Promise<boolean>;
}

/** Starts the server. @param refreshTokenLifetime in seconds */
export async function makeServiceScene(refreshTokenLifetime = 30 * DAY): Promise<ServiceScene> {
  const oidc = await startOidc({ issuer: "https://auth.openai.com", refreshTokenLifetime });
  const sender: Sender = {
    userAgent: "agentgazer/1.2.3",
    system: {
      fetch: (url, options) => oidc.answer(new Request(url, options)),
      sleep: () => new Promise(() => {}),
    },
  };
  const post = (form: Readonly<Record<string, string>>) =>
    oidc.answer(new Request(oidc.tokenEndpoint, { method: "POST", body: new URLSearchParams(form) }));
  return {
    oidc,
    service: codexService(sender, { now: Date.now }),
    async logIn() {
      const back = await oidc.authorize(`${oidc.authorizationEndpoint}?${new URLSearchParams({
        response_type: "code",
        client_id: OIDC_CLIENT,
        redirect_uri: OIDC_REDIRECTS[0],
        scope: "openid profile email offline_access",
        code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
        code_challenge_method: "S256",
      })}`);
      const response = await post({
        grant_type: "authorization_code",
        client_id: OIDC_CLIENT,
        redirect_uri: OIDC_REDIRECTS[0],
        code: new URL(back).searchParams.get("code")!,
        code_verifier: VERIFIER,
      });
      return codexGrant(await response.json(), Date.now())!;
    },
    async isGood({ login }) {
      const refresh_token = login.refreshToken!.reveal();
      const response = await post({ grant_type: "refresh_token", client_id: OIDC_CLIENT, refresh_token });
      await response.body?.cancel();
      return response.ok;
    },
    [Symbol.asyncDispose]: () => oidc[Symbol.asyncDispose](),
  };
}
