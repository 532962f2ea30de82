import assert from "node:assert/strict";
import { CODEX_CLIENT } from "./codex_authorize.ts";
import type { Codex } from "./codex.ts";
import type { Desk } from "./desk.ts";
import { challengeOf, randomText } from "./issued.ts";

/** Where Codex gets its tokens. */
export const TOKEN = "https://auth.openai.com/oauth/token";
/** A cheap call of the API. */
export const USAGE = "https://chatgpt.com/backend-api/wham/usage";
/** Where a login by code begins. */
export const ACCOUNTS = "https://auth.openai.com/api/accounts/deviceauth";
/** Where the browser is sent back to. */
export const REDIRECT = "http://localhost:1455/auth/callback";
/** Of every login here. */
export const VERIFIER = randomText(32);
/** Of every login here. */
export const STATE = randomText(32);

/** An answer, read. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

/** Asks a stand-in. */
export async function ask(to: Desk<string>, url: string, init: RequestInit = {}): Promise<Reply> {
  const response = await to.answer(new Request(url, init));
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, json: /^[{[]/.test(text) ? JSON.parse(text) : text };
}

/** Posts a form. */
export function form(to: Desk<string>, url: string, fields: Record<string, string>): Promise<Reply> {
  return ask(to, url, { method: "POST", body: new URLSearchParams(fields) });
}

/** Posts JSON. */
export function json(to: Desk<string>, url: string, fields: unknown): Promise<Reply> {
  const headers = { "content-type": "application/json" };
  return ask(to, url, { method: "POST", headers, body: JSON.stringify(fields) });
}

/** The page that a login opens. */
export function authorizeUrl(changed: Record<string, string> = {}): string {
  return "https://auth.openai.com/oauth/authorize?" + new URLSearchParams({
    response_type: "code",
    client_id: CODEX_CLIENT,
    redirect_uri: REDIRECT,
    scope: "openid profile email offline_access",
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: "S256",
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    state: STATE,
    originator: "agentgazer",
    ...changed,
  });
}

/** Redeems a code. */
export function exchange(codex: Codex, code: string, changed: Record<string, string> = {}): Promise<Reply> {
  const grant_type = "authorization_code";
  const fields = {
    grant_type,
    code,
    redirect_uri: REDIRECT,
    client_id: CODEX_CLIENT,
    code_verifier: VERIFIER,
  };
  return form(codex, TOKEN, { ...fields, ...changed });
}

/** The code in a callback. */
export function codeOf(url: string): string {
  return new URL(url).searchParams.get("code")!;
}

/** Logs in, and gives the tokens. */
export async function login(
  codex: Codex,
): Promise<Record<"access_token" | "refresh_token" | "id_token", string>> {
  const { status, json } = await exchange(codex, codeOf(codex.approve(authorizeUrl())));
  assert.equal(status, 200);
  return json;
}

/** Asks for new tokens. */
export function refresh(codex: Codex, refresh_token: string): Promise<Reply> {
  return json(codex, TOKEN, { grant_type: "refresh_token", client_id: CODEX_CLIENT, refresh_token });
}

/** Calls the API. */
export function usage(codex: Codex, token: string, account = codex.settings.account.id): Promise<Reply> {
  return ask(codex, USAGE, {
    headers: { authorization: `Bearer ${token}`, "chatgpt-account-id": account },
  });
}
