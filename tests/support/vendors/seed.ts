import { detectKeyStores } from "../../../backends/detect.ts";
import { machineBackend } from "../../../backends/machine.ts";
import { codexGrant } from "../../../lib/oauth/services/codex.ts";
import { minimaxGrant } from "../../../lib/oauth/services/minimax.ts";
import type { Grant } from "../../../lib/oauth/service.ts";
import { putLogin, readLogin } from "../../../lib/oauth/stored_login.ts";
import { type Home, homeFrom } from "../../../lib/vault/home.ts";
import type { LoginFields } from "../../../lib/vault/login.ts";
import { Vault } from "../../../lib/vault/vault.ts";
import type { Box } from "../program.ts";
import { realRandom } from "../real_random.ts";
import { HERE } from "../stored.ts";
import type { Codex } from "./codex.ts";
import { CODEX_CLIENT } from "./codex_authorize.ts";
import { challengeOf, randomText } from "./issued.ts";
import type { LoginScene } from "./login_scene.ts";
import type { MiniMax } from "./minimax.ts";

/** The providers whose logins are renewed. */
export type Renewed = "openai-oauth" | "minimax-oauth";

/** What makes a login due at once, though the stand-in still takes its token. */
export const DUE: LoginFields = { expiresAt: new Date(0).toISOString() };

/** A failure of long ago, after many: the next one is followed by the longest pause, however slow a test is. */
export const LONG_AGO: LoginFields = {
  lastError: { at: new Date(0).toISOString(), message: "long ago", permanent: false, count: 20 },
};

/** What a login is in the vault. */
export interface Seen {
  readonly access: string;
  readonly refresh: string | undefined;
  readonly fields: LoginFields;
}

/** The paths of a box. */
export function homeOf({ home }: Box): Home {
  return homeFrom((name) => name === "AGENTGAZER_HOME" ? home : undefined);
}

/** Stores a login that the stand-in gives, which would take the executable seconds. Any older one is replaced. */
export async function seed(
  { box, codex, minimax }: LoginScene,
  id: Renewed,
  changes: LoginFields = {},
): Promise<Seen> {
  const { login, fields } = id === "openai-oauth" ? await codexLogin(codex) : await minimaxLogin(minimax);
  await putLogin(vaultOf(box), homeOf(box), id, { login, fields: { ...fields, ...changes } });
  return (await seen(box, id))!;
}

/** Reads a login in the vault of a box, as another process does. */
export async function seen(box: Box, id: Renewed): Promise<Seen | undefined> {
  const stored = await readLogin(vaultOf(box), id);
  if (stored === undefined) return undefined;
  const { login: { accessToken, refreshToken }, fields } = stored;
  return { access: accessToken.reveal(), refresh: refreshToken?.reveal(), fields };
}

function vaultOf(box: Box): Vault {
  const home = homeOf(box);
  const machine = machineBackend({ path: home.machineKey, named: false }, HERE, realRandom);
  return new Vault(home, detectKeyStores([machine], undefined), { now: Date.now, random: realRandom });
}

async function codexLogin(codex: Codex): Promise<Grant> {
  const verifier = randomText(32);
  const redirect_uri = "http://localhost:1455/auth/callback";
  const url = new URL("https://auth.openai.com/oauth/authorize");
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: CODEX_CLIENT,
    redirect_uri,
    scope: "openid profile email offline_access",
    code_challenge: challengeOf(verifier),
    code_challenge_method: "S256",
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    state: randomText(32),
    originator: "test",
  }).toString();
  const code = new URL(codex.approve(url.href)).searchParams.get("code")!;
  const form = { grant_type: "authorization_code", client_id: CODEX_CLIENT, code, redirect_uri };
  const fields = await ask(codex, "https://auth.openai.com/oauth/token", {
    ...form,
    code_verifier: verifier,
  });
  return codexGrant(fields, Date.now())!;
}

async function minimaxLogin(minimax: MiniMax): Promise<Grant> {
  const verifier = randomText(32);
  const client_id = "78257093-7e40-4613-99e0-527b14b39113";
  const { user_code } = await ask(minimax, "https://account.minimax.io/oauth2/device/code", {
    client_id,
    scope: "group_id profile model.completion",
    code_challenge: challengeOf(verifier),
    code_challenge_method: "S256",
    state: randomText(32),
  });
  minimax.approve("global");
  const fields = await ask(minimax, "https://account.minimax.io/oauth2/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:user_code",
    client_id,
    user_code: String(user_code),
    code_verifier: verifier,
  });
  return minimaxGrant(fields, "global", Date.now())!;
}

async function ask(
  { answer }: { answer(request: Request): Promise<Response> },
  url: string,
  form: Record<string, string>,
): Promise<Record<string, unknown>> {
  const response = await answer(new Request(url, { method: "POST", body: new URLSearchParams(form) }));
  if (!response.ok) throw new Error(`${url}: ${await response.text()}`);
  return await response.json();
}
