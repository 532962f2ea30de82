import { makeCodexApi } from "./codex_api.ts";
import { consentPage, readAuthorization, redirectUrl } from "./codex_authorize.ts";
import { makeCodexDevice, type Pending } from "./codex_device.ts";
import { type CodexAccount, makeCodexTokens } from "./codex_tokens.ts";
import { byGrantType, type Call, type Desk, makeDesk } from "./desk.ts";
import { errorBody } from "./faults.ts";
import { makeSecretList, type SecretKind } from "./issued.ts";

/** What can be trapped and is counted. */
export type CodexEndpoint =
  | "authorize"
  | "consent"
  | "deny"
  | "exchange"
  | "refresh"
  | "revoke"
  | "usercode"
  | "poll"
  | "devicePage"
  | "deviceEnter"
  | "responses"
  | "usage";

/** How the server behaves; a test changes it at any time. */
export interface CodexSettings {
  /** Who is logged in in the browser, at the time when a code is made. */
  account: CodexAccount;
  /** Of access tokens, in seconds. */
  accessLifetime: number;
  /** When false, a refresh gives no refresh token and the old one stays valid. */
  rotates: boolean;
  /** Between polls in seconds: a text, as the real one sends; a number; or nothing at all. */
  interval: unknown;
  /** How a device login is said to be pending. */
  pending: Pending;
}

/** Stands in for auth.openai.com and chatgpt.com. */
export interface Codex extends Desk<CodexEndpoint> {
  readonly settings: CodexSettings;
  /** Says yes in place of the page: where the browser ends up. @throws Error when the URL is wrong */
  approve(authorizeUrl: string): string;
  /** Says no, with further parameters. @throws Error when the URL is wrong */
  deny(authorizeUrl: string, extra?: Record<string, string>): string;
  /** Decides the device login with this code, else the newest. */
  approveDevice(userCode?: string): void;
  denyDevice(userCode?: string): void;
  /** Of the last authorize URL that was right. */
  readonly lastAuthorize: URLSearchParams | undefined;
  /** The tokens that were revoked, in order. */
  readonly revoked: readonly string[];
  /** From now on no access token is valid, though none has expired. */
  invalidateAccessTokens(): void;
  invalidateRefreshTokens(): void;
  /** Every secret that was issued or seen, but those of some kinds. */
  secrets(except?: readonly SecretKind[]): string[];
}

/** The hosts that it answers for. */
export const CODEX_HOSTS: readonly string[] = ["auth.openai.com", "chatgpt.com"];

const AUTH = "auth.openai.com";
const API = "chatgpt.com/backend-api";

/** Makes one in which nobody has logged in. @param now milliseconds since 1970 */
export function makeCodex(
  { now = Date.now, ...changed }: Partial<CodexSettings> & { now?: () => number } = {},
): Codex {
  const settings: CodexSettings = {
    account: {
      id: crypto.randomUUID(),
      email: "someone@example.test",
      plan: "plus",
      isFedramp: false,
    },
    accessLifetime: 864_000,
    rotates: true,
    interval: "5",
    pending: { status: 403, body: errorBody("deviceauth_authorization_pending") },
    ...changed,
  };
  const secrets = makeSecretList();
  const tokens = makeCodexTokens({
    secrets,
    now,
    lifetime: () => settings.accessLifetime,
    rotates: () => settings.rotates,
    account: () => settings.account,
  });
  const device = makeCodexDevice(secrets, tokens, settings);
  let lastAuthorize: URLSearchParams | undefined;

  function read(url: URL): ReturnType<typeof readAuthorization> {
    const authorization = readAuthorization(url);
    lastAuthorize = authorization.params;
    return authorization;
  }
  function approve(url: string): string {
    const authorization = read(new URL(url));
    const code = tokens.issueCode(authorization.redirectUri, authorization.challenge);
    return redirectUrl(authorization, { code });
  }
  function deny(url: string, extra: Record<string, string> = {}): string {
    return redirectUrl(read(new URL(url)), { error: "access_denied", ...extra });
  }
  const sendTo = (location: string) => new Response(null, { status: 302, headers: { location } });

  const desk = makeDesk<CodexEndpoint>({
    [`GET ${AUTH}/oauth/authorize`]: "authorize",
    [`POST ${AUTH}/oauth/consent`]: "consent",
    [`GET ${AUTH}/oauth/deny`]: "deny",
    [`POST ${AUTH}/oauth/token`]: byGrantType("exchange"),
    [`POST ${AUTH}/oauth/revoke`]: "revoke",
    [`POST ${AUTH}/api/accounts/deviceauth/usercode`]: "usercode",
    [`POST ${AUTH}/api/accounts/deviceauth/token`]: "poll",
    [`GET ${AUTH}/codex/device`]: "devicePage",
    [`POST ${AUTH}/codex/device`]: "deviceEnter",
    [`POST ${API}/codex/responses`]: "responses",
    [`GET ${API}/wham/usage`]: "usage",
  }, {
    authorize: (call) => {
      const response = consentPage(call);
      if (response.ok) read(call.url);
      return response;
    },
    consent: ({ url }: Call) => sendTo(approve(url.href)),
    deny: ({ url }: Call) => sendTo(deny(url.href)),
    exchange: tokens.exchange,
    refresh: tokens.refresh,
    revoke: tokens.revoke,
    usercode: device.usercode,
    poll: device.poll,
    devicePage: device.page,
    deviceEnter: device.enter,
    ...makeCodexApi(tokens),
  });
  return {
    ...desk,
    settings,
    approve,
    deny,
    approveDevice: (userCode) => device.decide("approved", userCode),
    denyDevice: (userCode) => device.decide("denied", userCode),
    get lastAuthorize() {
      return lastAuthorize;
    },
    revoked: tokens.revoked,
    invalidateAccessTokens: tokens.grants.invalidateAccess,
    invalidateRefreshTokens: tokens.grants.invalidateRefresh,
    secrets: secrets.list,
  };
}
