import {
  authorizationCodeGrantRequest,
  AuthorizationResponseError,
  calculatePKCECodeChallenge,
  None,
  validateAuthResponse,
} from "oauth4webapi";
import type { AppError } from "../../errors.ts";
import type { System } from "../../system.ts";
import { Callback } from "../callback.ts";
import { type Sender, sendStandard } from "../http.ts";
import { listen } from "../listener.ts";
import { randomToken } from "../random.ts";
import type { LoginOptions } from "../service.ts";
import { loginFailed } from "../token_error.ts";
import { CLIENT, SERVER } from "./codex.ts";
import { redeem } from "./codex_redeem.ts";

/** The ports that the server sends the browser back to; it refuses every other. */
const PORTS = [1455, 1457];

const SCOPE = "openid profile email offline_access";

/** How long the person has, in milliseconds. */
const PATIENCE = 10 * 60_000;

/** Logs in to a ChatGPT plan in the browser (RFC 8252, with PKCE). */
export async function logInWithBrowser(
  sender: Sender,
  system: System,
  { talk, keep }: LoginOptions,
): Promise<void> {
  const over = new AbortController();
  const [verifier, state] = [randomToken(system), randomToken(system)];
  // Taken before the browser opens, so that a port that is not free is told at once.
  const { port, handler: callback, close } = listen(
    system,
    PORTS,
    (port) =>
      new Callback({
        redirectUri: redirectUri(port),
        state,
        declined,
        validate: (parameters) => validate(parameters, state),
        complete: (parameters) => complete(parameters, redirectUri(port)),
      }),
    "end that login, or use a code instead: agentgazer login openai-oauth --device",
  );
  try {
    const url = await authorizationUrl(sender, redirectUri(port), state, verifier);
    await talk.say(`Log in to OpenAI on this page:\n${url}`);
    await talk.say("If the browser can't open its last page, copy that page's address and paste it here.");
    const wait = {
      what: "the login in the browser",
      until: system.now() + PATIENCE,
      onLine: (line: string) => callback.paste(line),
    };
    await talk.attend(wait, () => Promise.all([callback.outcome, talk.open(url)]));
  } finally {
    over.abort();
    await close();
  }

  async function complete(parameters: URLSearchParams, redirect: string): Promise<void> {
    const reply = await sendStandard(
      sender,
      (options) =>
        authorizationCodeGrantRequest(SERVER, CLIENT, None(), parameters, redirect, verifier, options),
    );
    const grant = redeem(reply, system.now());
    if (over.signal.aborted) throw loginFailed("it was given up before it was complete");
    await keep(grant);
  }
}

/** @throws what is not of this login and server */
function validate(parameters: URLSearchParams, state: string): URLSearchParams | "declined" {
  try {
    return validateAuthResponse(SERVER, CLIENT, parameters, state);
  } catch (error) {
    if (error instanceof AuthorizationResponseError) return "declined";
    throw error;
  }
}

/** The only spelling that the server takes. */
function redirectUri(port: number): string {
  return `http://localhost:${port}/auth/callback`;
}

async function authorizationUrl(
  { userAgent }: Sender,
  redirect: string,
  state: string,
  verifier: string,
): Promise<string> {
  const url = new URL(SERVER.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: "code",
    ...CLIENT,
    redirect_uri: redirect,
    scope: SCOPE,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    state,
    originator: userAgent.split("/")[0]!,
  }).toString();
  return url.href;
}

function declined(parameters: URLSearchParams): AppError {
  if (parameters.get("error_description")?.includes("missing_codex_entitlement")) {
    return loginFailed(
      "this workspace of ChatGPT does not include Codex",
      "choose another workspace, or ask its owner",
    );
  }
  const isDenied = parameters.get("error") === "access_denied";
  return loginFailed(isDenied ? "it was declined in the browser" : "OpenAI answered with an error");
}
