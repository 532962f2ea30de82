import { PROVIDERS } from "../../../lib/providers/table.ts";
import type { Chance } from "../chance.ts";

/** The local token of each client, by its name. */
export const TOKENS: Readonly<Record<string, string>> = {
  one: "agz_One-Q0wPz8Lm4Kd7Jv2Xc9Bn5",
  two: "agz_Two-T7rVb3Gh6Ny1Ks4Wf8Jd2",
};

const TOKEN = TOKENS["one"]!;

/** Every character percent-encoded, so many times. */
function encoded(text: string, times: number): string {
  if (times === 0) return text;
  return encoded(text, times - 1).replace(
    /./gs,
    (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

const SPELLINGS = [
  TOKEN,
  TOKENS["two"]!,
  encoded(TOKEN, 1),
  encoded(TOKEN, 2),
  encoded(TOKEN, 3),
  encoded(TOKEN, 1).replaceAll("%", "%25"),
  encoded(TOKEN, 1).replaceAll("%", "%25252525"),
  TOKEN.replace("a", "%61"),
  TOKEN.slice(0, 8),
];

const HEADER_NAMES = [
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "x-goog-api-key",
  "api-key",
  "cookie",
  "x-auth-token",
  "chatgpt-account-id",
  "x-openai-fedramp",
  "x-target-url",
  "x-forwarded-host",
  "x-original-url",
  "forwarded",
  "connection",
  "te",
  "origin",
  "sec-fetch-site",
  "user-agent",
  "anthropic-beta",
  "x-other",
  "sec-websocket-protocol",
];

const HANDSHAKE = [
  "connection: Upgrade",
  "upgrade: websocket",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version: 13",
  `sec-websocket-protocol: realtime, openai-insecure-api-key.${TOKEN}`,
];

const PATHS = [
  "/v1/models",
  "/v1/chat/completions",
  "/v1beta/models/a:generateContent",
  "/responses",
  "/usage",
  "/backend-api/codex/responses",
  "/api/coding/paas/v4/chat/completions",
  "/anthropic/v1/messages",
  "/v1/organization/admin_api_keys",
  "/",
  "/..",
  "/%2e%2e/",
  "//evil.test/",
  "/;a",
  "/%2f",
  "/@evil.test/",
  "/a?b=c&d",
];

const HOSTS = [...new Set(PROVIDERS.flatMap(({ hosts }) => hosts))];
const NEAR_HOSTS = [
  "evil.test",
  "api.openai.com.",
  "api.openai.com:443",
  "api.openai.com@evil.test",
  "127.0.0.1",
];
const QUERIES = ["key=", "api_key=", "access_token=", "%6bey=", "a=", "k%65%79=", "Key="];

/** What means something in a request to the proxy. */
export const ROUTE_WORDS: readonly string[] = [
  ...SPELLINGS,
  ...HEADER_NAMES.map((name) => `${name}: `),
  ...HANDSHAKE,
  ...PATHS,
  ...PROVIDERS.map(({ id }) => `/${id}/`),
  ...HOSTS.map((host) => `https://${host}/`),
  ...NEAR_HOSTS,
  ...QUERIES,
  "/agents/a/",
  "Bearer ",
  "bearer  ",
  "GET ",
  "POST ",
  "%25",
  "%",
  "?",
  "&",
  "#",
  "\\",
  "https:",
  "http://127.0.0.1:18900",
  "\xe9",
];

/** A request line and field lines: mostly one that is let in, with something odd in it. */
export function makeRoute(chance: Chance): string[] {
  const isNamed = !chance.once(3);
  const { id, hosts } = chance.pick(PROVIDERS);
  const query = chance.once(3) ? `?${chance.pick(QUERIES)}${chance.pick(SPELLINGS)}` : "";
  const below = chance.pick(PATHS);
  const path = isNamed
    ? `${chance.once(6) ? "/agents/a" : ""}/${id}${below}${query}`
    : chance.pick(["/", "/v1/x"]);
  const lines = [`${chance.pick(["GET", "POST"])} ${path}`, "host: 127.0.0.1:18900"];
  if (!isNamed) {
    lines.push(`x-target-url: https://${chance.pick(chance.once(6) ? NEAR_HOSTS : hosts)}${below}${query}`);
  }
  lines.push(
    chance.pick([`authorization: Bearer ${TOKEN}`, `x-api-key: ${TOKEN}`, `api-key: ${TOKENS["two"]}`]),
  );
  if (chance.once(5)) lines.push(...HANDSHAKE);
  const extra = chance.some(HEADER_NAMES, 3).map((name) =>
    `${name}: ${chance.pick([...SPELLINGS, "a", "evil.test"])}`
  );
  return [...lines, ...extra];
}
