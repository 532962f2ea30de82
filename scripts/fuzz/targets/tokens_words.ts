import type { Chance } from "../chance.ts";

/** A JWT without a signature. */
function jwt(claims: unknown): string {
  const text = new TextEncoder().encode(JSON.stringify(claims));
  return `eyJhbGciOiJub25lIn0.${text.toBase64({ alphabet: "base64url", omitPadding: true })}.c2ln`;
}

const AUTH = { chatgpt_account_id: "acc-1", chatgpt_plan_type: "plus", chatgpt_account_is_fedramp: true };
const CLIENT = "app_EMoamEEZ73f0CkXaXp7hrann";

/** Tokens, of which no piece may be told. */
export const ACCESS = jwt({
  exp: 1_900_000_000,
  email: "ada@example.test",
  "https://api.openai.com/auth": AUTH,
});
export const REFRESH = "rt_Vb3nQ8rT5xZw2LkJ9dHsYc7m";
export const OLD = "old_T7rVb3Gh6Ny1Ks4Wf8Jd2Qz";

const ID_TOKENS = [
  jwt({ iss: "https://auth.openai.com", aud: [CLIENT], email: "ada@example.test" }),
  jwt({ iss: "https://evil.test", aud: CLIENT }),
  jwt({ exp: 1e300, email: "\u001b[2J", "https://api.openai.com/auth": { organizations: [null] } }),
  jwt(null),
  "a.b.c",
];

const TOKENS = {
  access_token: ACCESS,
  refresh_token: REFRESH,
  id_token: ID_TOKENS[0],
  token_type: "Bearer",
  expires_in: 60,
};
const MINIMAX = {
  status: "success",
  access_token: ACCESS,
  refresh_token: REFRESH,
  expired_in: 1_900_000_000,
};
const BASE = { resource_url: "https://api.minimax.io/anthropic" };
const DEVICE = { device_auth_id: "dev_1", user_code: "ABCD-1234", interval: "5" };
const APPROVAL = { authorization_code: "ac_1", code_verifier: "v_1" };
const PAGE = "https://account.minimax.io/oauth2/confirm";
const MINIMAX_CODE = {
  user_code: "ABCD",
  verification_uri: PAGE,
  expired_in: 600,
  interval: 2,
  state: "{state}",
};

const BODIES: readonly string[] = [
  TOKENS,
  MINIMAX,
  { ...MINIMAX, ...BASE },
  DEVICE,
  APPROVAL,
  MINIMAX_CODE,
  { error: "invalid_grant" },
  { error: { code: "refresh_token_reused", message: REFRESH } },
  { error: "slow_down" },
  { error: { code: "deviceauth_authorization_pending" } },
  { status: "error", base_resp: { status_code: 1004, status_msg: OLD } },
  { status: "pending" },
].map((value) => JSON.stringify(value));

const OTHER_BODIES = [
  "",
  "<html>blocked</html>",
  "[]",
  "null",
  `"${REFRESH}"`,
  `access_token=${REFRESH}`,
  "{",
  "\ufeff{}",
];

/** What is done with a service. */
export const USES = ["codex renew", "codex revoke", "codex device", "minimax renew", "minimax login"];
const STATUSES = ["200", "200", "200", "201", "302", "400", "401", "403", "404", "429", "500", "broken"];

/** What means something in the answers of login servers. */
export const TOKEN_WORDS: readonly string[] = [
  ...USES,
  ...STATUSES,
  ...BODIES,
  ...OTHER_BODIES,
  ...ID_TOKENS,
  REFRESH,
  "\r\nx-a: b",
  "DPoP",
  "https://evil.test/",
  "https://api.minimax.io@evil.test/",
];

/** A use, and answers that fit it more often than not: for each a status and a body. */
export function makeAnswers(chance: Chance): string[] {
  const use = chance.pick(USES);
  const fitting = {
    "codex device": [DEVICE, APPROVAL, TOKENS],
    "minimax login": [MINIMAX_CODE, { ...MINIMAX, ...BASE }],
    "minimax renew": [{ ...MINIMAX, ...BASE }],
  }[use] ?? [TOKENS];
  const answers = fitting.flatMap((body) =>
    chance.once(5)
      ? [chance.pick(STATUSES), chance.pick([...BODIES, ...OTHER_BODIES])]
      : ["200", JSON.stringify(body)]
  );
  return [use, ...answers];
}
