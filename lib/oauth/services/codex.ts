import { None, refreshTokenGrantRequest } from "oauth4webapi";
import { Secret } from "../../secret.ts";
import type { System } from "../../system.ts";
import { isToken, type LoginFields } from "../../vault/login.ts";
import { claimsIn } from "../claims.ts";
import { type Answer, postJson, type Sender, sendStandard } from "../http.ts";
import type { Grant, Renewal, Service } from "../service.ts";
import { isPermanent, reasonIn } from "../token_error.ts";

/** The server that OpenAI's Codex logs in with. */
export const ISSUER = "https://auth.openai.com";

const HOST = new URL(ISSUER).host;

/** Its endpoints, in the terms of RFC 8414. */
export const SERVER = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/oauth/authorize`,
  token_endpoint: `${ISSUER}/oauth/token`,
  revocation_endpoint: `${ISSUER}/oauth/revoke`,
};

/** The public client of OpenAI's Codex CLI, which other local tools use too. */
export const CLIENT = { client_id: "app_EMoamEEZ73f0CkXaXp7hrann" };

/** When a token that does not say it is taken to end, in milliseconds: the Codex CLI renews it then. */
const UNKNOWN_LIFETIME = 8 * 24 * 60 * 60_000;

/** Renews and revokes the logins of a ChatGPT plan. */
export function codexService(sender: Sender, { now }: Pick<System, "now">): Service {
  return {
    id: "openai-oauth",
    margin: 5 * 60_000,
    async renew(grant) {
      const { refreshToken } = grant.login;
      if (refreshToken === undefined) return { state: "refused", reason: "there is no refresh token" };
      const reply = await sendStandard(
        sender,
        (options) => refreshTokenGrantRequest(SERVER, CLIENT, None(), refreshToken.reveal(), options),
      );
      if (reply.state === "answered") return renewalIn(reply, grant, now());
      return { state: reply.state === "lost" ? "lost" : "failed", reason: reply.reason };
    },
    async revoke({ accessToken, refreshToken }) {
      const reply = await postJson(sender, SERVER.revocation_endpoint, {
        token: (refreshToken ?? accessToken).reveal(),
        token_type_hint: refreshToken === undefined ? "access_token" : "refresh_token",
        ...CLIENT,
      });
      if (reply.state !== "answered") return reply.reason;
      return isSuccess(reply) ? undefined : reasonIn(reply, HOST);
    },
  };
}

function renewalIn(answer: Answer, before: Grant, now: number): Renewal {
  if (isSuccess(answer)) {
    const { access_token, refresh_token } = answer.fields;
    const grant = isToken(access_token) || isToken(refresh_token)
      ? codexGrant(answer.fields, now, before)
      : undefined;
    if (grant !== undefined) return { state: "renewed", grant };
    return { state: "lost", reason: `the answer of ${HOST} could not be understood` };
  }
  const isOver = answer.status === 401 && !answer.isPage || isPermanent(answer);
  return { state: isOver ? "refused" : "failed", reason: reasonIn(answer, HOST) };
}

/**
 * The grant in an answer with tokens; `undefined` without an access token.
 *
 * @param before keeps what the answer omits (RFC 6749, section 6)
 */
export function codexGrant(fields: Answer["fields"], now: number, before?: Grant): Grant | undefined {
  const { access_token, refresh_token, id_token, expires_in, scope, token_type } = fields;
  if (typeof token_type === "string" && token_type.toLowerCase() !== "bearer") return undefined;
  const accessToken = isToken(access_token) ? new Secret(access_token) : before?.login.accessToken;
  if (accessToken === undefined) return undefined;
  const refreshToken = isToken(refresh_token) ? new Secret(refresh_token) : before?.login.refreshToken;
  const { accountId = before?.login.accountId, fedramp, account = before?.fields.account, userId, plan } = {
    ...claimsIn(access_token),
    ...claimsIn(id_token),
  };
  const flagged = fedramp ?? (isToken(id_token) ? undefined : before?.login.fedramp);
  const known = { account: account ?? userId, plan: plan ?? before?.fields.plan };
  return {
    login: {
      accessToken,
      ...refreshToken !== undefined && { refreshToken },
      ...typeof scope === "string"
        ? { scope }
        : before?.login.scope !== undefined && { scope: before.login.scope },
      ...accountId !== undefined && { accountId },
      ...flagged === true && { fedramp: flagged },
    },
    fields: {
      expiresAt: isToken(access_token)
        ? new Date(endOf(access_token, expires_in, now)).toISOString()
        : before!.fields.expiresAt ?? new Date(now).toISOString(),
      ...refreshToken !== undefined && { renewable: true },
      ...known.account !== undefined && { account: known.account },
      ...known.plan !== undefined && { plan: known.plan },
    } satisfies LoginFields,
  };
}

function endOf(accessToken: string, expiresIn: unknown, now: number): number {
  const { expires } = claimsIn(accessToken);
  const seconds = ["number", "string"].includes(typeof expiresIn) ? Number(expiresIn) : NaN;
  const lifetime = seconds > 0 && seconds < 1e9 ? seconds * 1000 : undefined;
  // One that has ended before it arrived was made by another clock.
  const isUsable = expires !== undefined && (expires > now || lifetime === undefined);
  return isUsable ? expires : now + (lifetime ?? UNKNOWN_LIFETIME);
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}
