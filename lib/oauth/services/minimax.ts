import { isBeside } from "../../providers/match.ts";
import { providerById } from "../../providers/table.ts";
import { Secret } from "../../secret.ts";
import type { System } from "../../system.ts";
import { isShown, isToken, type LoginFields } from "../../vault/login.ts";
import { endOf } from "../expiry.ts";
import { type Answer, postForm, type Reply, type Sender } from "../http.ts";
import type { Grant, Service } from "../service.ts";
import { isPermanent, reasonIn } from "../token_error.ts";

/** The public client of MiniMax's portal for coding tools, which other local tools use too. */
export const CLIENT_ID = "78257093-7e40-4613-99e0-527b14b39113";

/** Where the accounts of a region are; each region has its own. */
export const ACCOUNT_HOSTS: Readonly<Record<string, string>> = {
  global: "account.minimax.io",
  cn: "account.minimaxi.com",
};

/** The region where nothing says another. */
export const DEFAULT_REGION = "global";

/** When a token that does not say it is taken to end, in milliseconds. */
const UNKNOWN_LIFETIME = 15 * 60_000;

/** Renews the logins of a MiniMax Coding Plan. */
export function minimaxService(sender: Sender, { now }: Pick<System, "now">): Service {
  return {
    id: "minimax-oauth",
    margin: 60_000,
    async renew(before) {
      const { refreshToken } = before.login;
      if (refreshToken === undefined) return { state: "refused", reason: "there is no refresh token" };
      const region = Object.hasOwn(ACCOUNT_HOSTS, before.fields.region ?? "")
        ? before.fields.region!
        : DEFAULT_REGION;
      const reply = await post(sender, region, "token", {
        grant_type: "refresh_token",
        client_id: CLIENT_ID,
        refresh_token: refreshToken.reveal(),
      });
      if (reply.state !== "answered") {
        return { state: reply.state === "lost" ? "lost" : "failed", reason: reply.reason };
      }
      const { status, fields } = reply;
      const host = hostOf(region);
      if (isSuccess(reply)) {
        const grant = minimaxGrant(fields, region, now(), before);
        if (grant !== undefined) return { state: "renewed", grant };
        if (isOverIn(fields)) return { state: "refused", reason: `${host} refused the refresh token` };
        if (isRefusal(fields)) return { state: "failed", reason: `${host} answered with an error` };
        return { state: "lost", reason: `the answer of ${host} could not be understood` };
      }
      const isOver = isPermanent(reply) || status >= 400 && status < 500 && status !== 408 && status !== 429;
      return { state: isOver && !reply.isPage ? "refused" : "failed", reason: reasonIn(reply, host) };
    },
  };
}

/** Posts to the login server of a region. */
export function post(
  sender: Sender,
  region: string,
  endpoint: "device/code" | "token",
  form: Readonly<Record<string, string>>,
  headers?: Readonly<Record<string, string>>,
): Promise<Reply> {
  return postForm(sender, `https://${hostOf(region)}/oauth2/${endpoint}`, form, headers);
}

/** The login server of a region. */
export function hostOf(region: string): string {
  return ACCOUNT_HOSTS[region]!;
}

/**
 * The grant in an answer with tokens; `undefined` when it says that there is none.
 *
 * @param before keeps what the answer omits
 */
export function minimaxGrant(
  fields: Answer["fields"],
  region: string,
  now: number,
  before?: Grant,
): Grant | undefined {
  const { status, access_token, refresh_token, expired_in, resource_url } = fields;
  const isDone = status === undefined ? !isRefusal(fields) : status === "success";
  if (!isDone || !isToken(access_token)) return undefined;
  const refreshToken = isToken(refresh_token) ? new Secret(refresh_token) : before?.login.refreshToken;
  const base = (resource_url ?? undefined) === undefined
    ? before?.fields.base
    : ownBase(resource_url, region);
  return {
    login: { accessToken: new Secret(access_token), ...refreshToken !== undefined && { refreshToken } },
    fields: {
      expiresAt: new Date(endOf(expired_in, now) ?? now + UNKNOWN_LIFETIME).toISOString(),
      ...refreshToken !== undefined && { renewable: true },
      region,
      ...base !== undefined && { base },
    } satisfies LoginFields,
  };
}

/** The address that a service names for its requests, if it is one of the region's own host. */
export function ownBase(resourceUrl: unknown, region: string): string | undefined {
  const base = typeof resourceUrl === "string" ? resourceUrl.replace(/\/$/, "") : "";
  const isOwn = isShown(base) && isBeside(base, providerById("minimax-oauth")!.regions![region]!);
  return isOwn ? base : undefined;
}

/** Whether an answer with status 200 says that the token is not valid; its other codes are of passing troubles. */
function isOverIn({ status, base_resp }: Answer["fields"]): boolean {
  if (status !== undefined) return status !== "success";
  return [1004, 2049].some((code) =>
    code === (base_resp as { status_code?: unknown } | undefined)?.status_code
  );
}

/** Whether an answer with status 200 says that it is an error. */
export function isRefusal({ base_resp }: Answer["fields"]): boolean {
  const isObject = typeof base_resp === "object" && base_resp !== null;
  return isObject && "status_code" in base_resp && base_resp.status_code !== 0;
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}
