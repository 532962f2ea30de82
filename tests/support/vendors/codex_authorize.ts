import type { Call } from "./desk.ts";
import { parseForm } from "./fields.ts";

/** Codex's public client. */
export const CODEX_CLIENT = "app_EMoamEEZ73f0CkXaXp7hrann";

/** Where the server sends the code of a device login, as the exchange must name it. */
export const DEVICE_REDIRECT = "https://auth.openai.com/deviceauth/callback";

/** What the exchange accepts; the page takes any. */
export const REDIRECTS: readonly string[] = [
  "http://localhost:1455/auth/callback",
  "http://localhost:1457/auth/callback",
  DEVICE_REDIRECT,
];

/** What the browser asked for. */
export interface Authorization {
  readonly params: URLSearchParams;
  readonly redirectUri: string;
  readonly state: string;
  readonly challenge: string;
}

const PARAMS: Readonly<Record<string, RegExp>> = {
  response_type: /^code$/,
  client_id: new RegExp(`^${CODEX_CLIENT}$`),
  redirect_uri: /^https?:\/\/[\w.[\]:-]+\/\S*$/,
  // Codex's own, or what other tools ask for.
  scope: /^openid profile email offline_access( api\.connectors\.read api\.connectors\.invoke)?$/,
  code_challenge: /^[\w-]{43}$/,
  code_challenge_method: /^S256$/,
  id_token_add_organizations: /^true$/,
  codex_cli_simplified_flow: /^true$/,
  // 32 bytes as base64url, or more.
  state: /^[\w-]{43,}$/,
  originator: /^[\w -]+$/,
};

/** Reads an authorize URL. @throws Error that names the first wrong parameter */
export function readAuthorization({ search }: URL): Authorization {
  const fields = parseForm(search.slice(1));
  if (fields === undefined) throw new Error("the query is malformed, or has a name twice");
  for (const [name, shape] of Object.entries(PARAMS)) {
    if (!shape.test(fields.get(name) ?? "")) throw new Error(`${name} is wrong: ${fields.get(name)}`);
  }
  if (fields.has("nonce")) throw new Error("there is a nonce");
  return {
    params: new URLSearchParams([...fields]),
    redirectUri: fields.get("redirect_uri")!,
    state: fields.get("state")!,
    challenge: fields.get("code_challenge")!,
  };
}

/** Where the browser is sent in the end. */
export function redirectUrl({ redirectUri, state }: Authorization, params: Record<string, string>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...params, state })) url.searchParams.append(name, value);
  return url.href;
}

/** The page that asks the user, or says what is wrong. */
export function consentPage({ url }: Call): Response {
  try {
    const { params } = readAuthorization(url);
    const query = params.toString().replaceAll("&", "&amp;");
    return page(
      `<form method="post" action="/oauth/consent?${query}"><button id="allow">Continue</button></form>
<a id="deny" href="/oauth/deny?${query}">Cancel</a>`,
    );
  } catch {
    return page('<p id="problem">Something went wrong.</p>', 400);
  }
}

/** An HTML page. */
export function page(body: string, status = 200): Response {
  return new Response(`<!DOCTYPE html>\n<title>Sign in</title>\n${body}\n`, {
    status,
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}
