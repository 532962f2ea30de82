import { calculatePKCECodeChallenge } from "oauth4webapi";
import type { System } from "../../system.ts";
import { isShown } from "../../vault/login.ts";
import { uuid } from "../../vault/uuid.ts";
import { endOf, pauseOf } from "../expiry.ts";
import type { Sender } from "../http.ts";
import { poll, type Step } from "../poll.ts";
import { randomToken } from "../random.ts";
import type { Grant, LoginOptions } from "../service.ts";
import { loginFailed, reasonIn, requireSuccess } from "../token_error.ts";
import { CLIENT_ID, DEFAULT_REGION, hostOf, isRefusal, minimaxGrant, ownBase, post } from "./minimax.ts";

const SCOPE = "group_id profile model.completion";

const USER_CODE = "urn:ietf:params:oauth:grant-type:user_code";

/** How long a code may be valid at most, in milliseconds. */
const PATIENCE = 15 * 60_000;

/** A code, and where it is confirmed. */
interface Code {
  readonly userCode: string;
  readonly page: string;
  /** In milliseconds. */
  readonly interval: number;
  /** In milliseconds since 1970 began. */
  readonly until: number;
}

/** Logs in to a MiniMax Coding Plan: the person confirms a code in the browser, here or on another device. */
export async function logInToMiniMax(
  sender: Sender,
  system: System,
  { device, region = DEFAULT_REGION, talk, keep }: LoginOptions,
): Promise<void> {
  const verifier = randomToken(system);
  const { userCode, page, interval, until } = await requestCode(sender, system, region, verifier);
  await talk.say(`Open ${page} and confirm the code ${userCode}`);
  if (device) await talk.showPicture(page);
  else await talk.open(page);
  await talk.say("Nobody else needs this code: whoever asks you for it wants your account.");
  await talk.attend({ what: "the code to be confirmed", until }, async (signal) => {
    const ask = () => askForTokens(sender, system, region, userCode, verifier);
    const { grant, resourceUrl } = await poll(system, signal, { interval, until }, ask);
    if ((resourceUrl ?? undefined) !== undefined && ownBase(resourceUrl, region) === undefined) {
      await talk.say(
        "The service named an address for its requests that is not its own; the usual one is used.",
      );
    }
    if (!signal.aborted) await keep(grant);
  });
}

async function requestCode(
  sender: Sender,
  system: System,
  region: string,
  verifier: string,
): Promise<Code> {
  const state = randomToken(system);
  const reply = await post(sender, region, "device/code", {
    client_id: CLIENT_ID,
    scope: SCOPE,
    response_type: "code",
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
  }, { "x-request-id": uuid(system.random(16)) });
  const { user_code, verification_uri, expired_in, interval, state: echoed } = requireSuccess(
    reply,
    hostOf(region),
  ).fields;
  if (echoed !== state) throw loginFailed("the answer of MiniMax belongs to another login");
  if (!isShown(user_code)) throw loginFailed("the answer of MiniMax could not be understood");
  const page = ownPage(verification_uri, region);
  if (page === undefined) throw loginFailed("MiniMax named a page that is not its own");
  const now = system.now();
  const until = Math.min(endOf(expired_in, now) ?? now + PATIENCE, now + PATIENCE);
  if (until <= now) throw loginFailed("the code has expired already", "set the clock, then try again");
  return { userCode: user_code, page, interval: pauseOf(interval), until };
}

/** Where the person confirms: a page of the region's own site. */
function ownPage(uri: unknown, region: string): string | undefined {
  const url = typeof uri === "string" ? URL.parse(uri) : null;
  const site = hostOf(region).replace(/^account\./, "");
  const hosts = ["account", "platform", "www"].map((name) => `${name}.${site}`);
  const isOwn = url?.protocol === "https:" && hosts.includes(url.host) && url.username + url.password === "";
  // A program that opens pages may hand the address to a shell.
  return isOwn && /^[\w:/.?=&%~+-]+$/.test(url.href) ? url.href : undefined;
}

async function askForTokens(
  sender: Sender,
  system: System,
  region: string,
  userCode: string,
  verifier: string,
): Promise<Step<{ readonly grant: Grant; readonly resourceUrl: unknown }>> {
  const reply = await post(sender, region, "token", {
    grant_type: USER_CODE,
    client_id: CLIENT_ID,
    user_code: userCode,
    code_verifier: verifier,
  });
  if (reply.state !== "answered") return { state: "troubled", reason: reply.reason };
  const host = hostOf(region);
  if (reply.status === 429) return { state: "slow_down" };
  if (reply.status >= 500) return { state: "troubled", reason: reasonIn(reply, host) };
  const { fields } = requireSuccess(reply, host);
  const grant = minimaxGrant(fields, region, system.now());
  if (grant !== undefined) return { state: "done", value: { grant, resourceUrl: fields.resource_url } };
  if (fields.status === "error" || fields.status === undefined && isRefusal(fields)) {
    throw loginFailed("it was declined, or the code has expired");
  }
  if (fields.status === "success") throw loginFailed("the answer of MiniMax could not be understood");
  return { state: "pending" };
}
