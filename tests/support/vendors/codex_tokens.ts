import { CODEX_CLIENT, REDIRECTS } from "./codex_authorize.ts";
import type { Call } from "./desk.ts";
import { errorBody } from "./faults.ts";
import { type Grants, makeGrants, type Tokens } from "./grants.ts";
import { isVerified, randomText, type SecretList } from "./issued.ts";
import { makeJwt } from "./jwt.ts";

/** Whose subscription it is. */
export interface CodexAccount {
  readonly id: string;
  readonly email: string;
  /** Such as `plus`. */
  readonly plan: string;
  readonly isFedramp: boolean;
}

/** What the server needs to know of its stand-in. */
export interface CodexRules {
  readonly secrets: SecretList;
  now(): number;
  lifetime(): number;
  rotates(): boolean;
  /** Who is logged in in the browser. */
  account(): CodexAccount;
}

/** The token endpoint, behind both ways to log in. */
export interface CodexTokens {
  readonly grants: Grants<CodexAccount>;
  /** Makes a code that the exchange takes once. */
  issueCode(redirectUri: string, challenge: string): string;
  exchange(call: Call): Response;
  refresh(call: Call): Response;
  /** Always succeeds (RFC 7009). */
  revoke(call: Call): Response;
  /** The refresh tokens that were revoked, in order. */
  readonly revoked: readonly string[];
}

interface Code {
  readonly redirectUri: string;
  readonly challenge: string;
  readonly account: CodexAccount;
  isUsed: boolean;
  /** What came of it. */
  access?: string;
}

/** Makes the endpoint. */
export function makeCodexTokens(rules: CodexRules): CodexTokens {
  const { secrets } = rules;
  const codes = new Map<string, Code>();
  const revoked: string[] = [];
  const grants = makeGrants<CodexAccount>({
    ...rules,
    makeAccess: (account, exp) => makeJwt({ ...claims(account, exp), client_id: CODEX_CLIENT }),
  });

  function claims({ id, email, plan, isFedramp }: CodexAccount, exp: number): object {
    return {
      iss: "https://auth.openai.com",
      aud: ["https://api.openai.com/v1"],
      iat: Math.floor(rules.now() / 1000),
      exp,
      jti: randomText(16),
      "https://api.openai.com/profile": { email, email_verified: true },
      "https://api.openai.com/auth": {
        chatgpt_account_id: id,
        chatgpt_plan_type: plan,
        chatgpt_account_is_fedramp: isFedramp,
      },
    };
  }

  function answer({ owner, access, refresh, expires }: Tokens<CodexAccount>): Response {
    const id = { ...claims(owner, expires), aud: [CODEX_CLIENT], email: owner.email };
    return Response.json({
      id_token: secrets.add("id", makeJwt(id)),
      access_token: access,
      refresh_token: refresh,
      expires_in: rules.lifetime(),
      token_type: "Bearer",
    });
  }

  return {
    grants,
    revoked,
    issueCode(redirectUri, challenge) {
      const code = secrets.issue("code", "ac_");
      codes.set(code, { redirectUri, challenge, account: rules.account(), isUsed: false });
      return code;
    },
    exchange({ body }) {
      const fields = body?.fields;
      if (body?.type !== "form" || fields?.get("grant_type") !== "authorization_code") {
        return refusal(400, "invalid_request");
      }
      secrets.add("code", fields.get("code"));
      const verifier = secrets.add("verifier", fields.get("code_verifier"));
      const code = codes.get(fields.get("code") ?? "");
      if (code === undefined) return refusal(400, "invalid_grant");
      if (code.isUsed) {
        grants.revoke(code.access);
        return refusal(400, "invalid_grant");
      }
      code.isUsed = true;
      const { redirectUri, challenge, account } = code;
      if (fields.get("client_id") !== CODEX_CLIENT) return refusal(401, "invalid_client");
      if (!REDIRECTS.includes(redirectUri)) return refusal(403, "token_exchange_user_error");
      if (fields.get("redirect_uri") !== redirectUri) return refusal(400, "invalid_grant");
      if (!isVerified(verifier, challenge)) return refusal(400, "invalid_grant");
      const tokens = grants.begin(account);
      code.access = tokens.access;
      return answer(tokens);
    },
    refresh({ body }) {
      const fields = body?.fields;
      if (fields?.get("client_id") !== CODEX_CLIENT) return refusal(401, "invalid_client");
      const tokens = grants.refresh(secrets.add("refresh", fields.get("refresh_token") ?? ""));
      if (typeof tokens === "object") return answer(tokens);
      return refusal(401, tokens === "reused" ? "refresh_token_reused" : "refresh_token_invalidated");
    },
    revoke({ body }) {
      if (body?.type !== "json" || body.fields.get("client_id") !== CODEX_CLIENT) {
        return refusal(400, "invalid_request");
      }
      const token = secrets.add("refresh", body.fields.get("token") ?? "");
      revoked.push(token);
      grants.revoke(token);
      return new Response();
    },
  };
}

/** A refusal as this server words most of them. */
export function refusal(status: number, code: string): Response {
  return Response.json(errorBody(code), { status, headers: { "x-request-id": crypto.randomUUID() } });
}
