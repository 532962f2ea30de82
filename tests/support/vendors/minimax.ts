import { bearerOf, byGrantType, type Call, type Desk, makeDesk, type Region, streamEvents } from "./desk.ts";
import { makeSecretList, type SecretKind } from "./issued.ts";
import { baseResp, makeMiniMaxRegion, type MiniMaxRegion } from "./minimax_device.ts";
import type { MiniMaxSettings } from "./minimax_settings.ts";

/** What can be trapped and is counted, in both regions together. */
export type MiniMaxEndpoint = "code" | "poll" | "refresh" | "messages" | "models";

/** Stands in for the login servers and the APIs of both regions. */
export interface MiniMax extends Desk<MiniMaxEndpoint> {
  readonly settings: MiniMaxSettings;
  /** Decides the region's login with this code, else its newest. */
  approve(region: Region, userCode?: string): void;
  deny(region: Region, userCode?: string): void;
  /** From now on no access token is valid, though none has expired. */
  invalidateAccessTokens(): void;
  invalidateRefreshTokens(): void;
  /** Every secret that was issued or seen, but those of some kinds. */
  secrets(except?: readonly SecretKind[]): string[];
}

/** The hosts that it answers for. */
export const MINIMAX_HOSTS: readonly string[] = [
  "account.minimax.io",
  "account.minimaxi.com",
  "api.minimax.io",
  "api.minimaxi.com",
];

/** Makes one in which nobody has logged in. @param now milliseconds since 1970 */
export function makeMiniMax(
  { now = Date.now, ...changed }: Partial<MiniMaxSettings> & { now?: () => number } = {},
): MiniMax {
  const settings: MiniMaxSettings = {
    accessLifetime: 7200,
    codeLifetime: 600,
    codeExpiry: "ms",
    tokenExpiry: "relative",
    interval: 3000,
    rotates: true,
    ...changed,
  };
  const secrets = makeSecretList();
  const regions: Readonly<Record<Region, MiniMaxRegion>> = {
    global: makeMiniMaxRegion("global", "minimax.io", secrets, { settings, now }),
    cn: makeMiniMaxRegion("cn", "minimaxi.com", secrets, { settings, now }),
  };
  const at = ({ url }: Call) => regions[url.host.endsWith(".minimax.io") ? "global" : "cn"];

  function refuse(call: Call): Response | undefined {
    if (typeof at(call).grants.check(bearerOf(call)) === "object") return undefined;
    const message = "login fail: Please carry the API secret key in the 'Authorization' field";
    return Response.json(baseResp(1004, message), { status: 401 });
  }

  const login = byGrantType("poll");
  const desk = makeDesk<MiniMaxEndpoint>({
    "POST account.minimax.io/oauth2/device/code": "code",
    "POST account.minimaxi.com/oauth2/device/code": "code",
    "POST account.minimax.io/oauth2/token": login,
    "POST account.minimaxi.com/oauth2/token": login,
    "POST api.minimax.io/anthropic/v1/messages": "messages",
    "POST api.minimaxi.com/anthropic/v1/messages": "messages",
    "GET api.minimax.io/anthropic/v1/models": "models",
    "GET api.minimaxi.com/anthropic/v1/models": "models",
  }, {
    code: (call) => at(call).code(call),
    poll: (call) => at(call).poll(call),
    refresh: (call) => at(call).refresh(call),
    messages: (call) => refuse(call) ?? streamEvents(EVENTS),
    models: (call) => refuse(call) ?? Response.json({ data: [{ type: "model", id: "MiniMax-M2" }] }),
  });
  return {
    ...desk,
    settings,
    approve: (region, userCode) => regions[region].decide("approved", userCode),
    deny: (region, userCode) => regions[region].decide("denied", userCode),
    invalidateAccessTokens() {
      for (const { grants } of Object.values(regions)) grants.invalidateAccess();
    },
    invalidateRefreshTokens() {
      for (const { grants } of Object.values(regions)) grants.invalidateRefresh();
    },
    secrets: secrets.list,
  };
}

const EVENTS = [
  { type: "message_start", message: { id: "msg_stand_in", type: "message", role: "assistant", content: [] } },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } },
  { type: "message_stop" },
];
