import { genericTokenEndpointRequest, None } from "oauth4webapi";
import type { System } from "../../system.ts";
import { isShown, isToken } from "../../vault/login.ts";
import { pauseOf } from "../expiry.ts";
import { postJson, type Sender, sendStandard } from "../http.ts";
import { poll, type Step } from "../poll.ts";
import type { LoginOptions } from "../service.ts";
import { errorCode, loginFailed, reasonIn, requireSuccess } from "../token_error.ts";
import { CLIENT, ISSUER, SERVER } from "./codex.ts";
import { redeem } from "./codex_redeem.ts";

const HOST = new URL(ISSUER).host;

/** Where the code is typed. */
const PAGE = `${ISSUER}/codex/device`;

/** How long a code is valid, in milliseconds. */
const PATIENCE = 15 * 60_000;

/** A pause in seconds, where the server names none (RFC 8628, section 3.2). */
const DEFAULT_INTERVAL = 5;

/** What the server gives once the code was typed: it makes the verifier itself. */
interface Approval {
  readonly code: string;
  readonly verifier: string;
}

/** Logs in to a ChatGPT plan with a code that is typed on any device. The protocol is Codex's own, not RFC 8628. */
export async function logInWithDevice(
  sender: Sender,
  system: System,
  { talk, keep }: LoginOptions,
): Promise<void> {
  const { deviceId, userCode, interval } = await requestCode(sender);
  const until = system.now() + PATIENCE;
  await talk.say(`Open ${PAGE} and enter the code ${userCode}`);
  await talk.showPicture(PAGE);
  await talk.say("Nobody else needs this code: whoever asks you for it wants your account.");
  await talk.attend({ what: "the code to be entered", until }, async (signal) => {
    const ask = () => askForApproval(sender, deviceId, userCode);
    const { code, verifier } = await poll(system, signal, { interval, until }, ask);
    const reply = await sendStandard(
      sender,
      (options) =>
        genericTokenEndpointRequest(SERVER, CLIENT, None(), "authorization_code", {
          code,
          redirect_uri: `${ISSUER}/deviceauth/callback`,
          code_verifier: verifier,
        }, options),
    );
    const grant = redeem(reply, system.now());
    if (!signal.aborted) await keep(grant);
  });
}

async function requestCode(
  sender: Sender,
): Promise<{ readonly deviceId: string; readonly userCode: string; readonly interval: number }> {
  const reply = await postJson(sender, `${ISSUER}/api/accounts/deviceauth/usercode`, CLIENT);
  if (reply.state === "answered" && reply.status === 404) {
    throw loginFailed(
      "codes are not allowed for this account",
      "allow them in ChatGPT: Settings, Security, device code for Codex; or log in with the browser",
    );
  }
  const { device_auth_id, user_code, usercode, interval } = requireSuccess(reply, HOST).fields;
  const userCode = user_code ?? usercode;
  if (!isToken(device_auth_id) || !isShown(userCode)) {
    throw loginFailed("the answer of OpenAI could not be understood");
  }
  return { deviceId: device_auth_id, userCode, interval: pauseOf(interval ?? DEFAULT_INTERVAL) };
}

async function askForApproval(sender: Sender, deviceId: string, userCode: string): Promise<Step<Approval>> {
  const reply = await postJson(sender, `${ISSUER}/api/accounts/deviceauth/token`, {
    device_auth_id: deviceId,
    user_code: userCode,
  });
  if (reply.state !== "answered") return { state: "troubled", reason: reply.reason };
  const { status, isPage } = reply;
  const code = errorCode(reply);
  if (code === "slow_down" || status === 429) return { state: "slow_down" };
  if (code === "access_denied" || code === "deviceauth_expired" || code === "expired_token") {
    throw loginFailed(reasonIn(reply, HOST));
  }
  if (code?.startsWith("deviceauth_authorization_")) return { state: "pending" };
  if ((status === 403 || status === 404) && !isPage) return { state: "pending" };
  if (isPage || status >= 500) return { state: "troubled", reason: reasonIn(reply, HOST) };
  const { authorization_code, code_verifier } = requireSuccess(reply, HOST).fields;
  if (!isToken(authorization_code) || !isToken(code_verifier)) {
    throw loginFailed("the answer of OpenAI could not be understood");
  }
  return { state: "done", value: { code: authorization_code, verifier: code_verifier } };
}
