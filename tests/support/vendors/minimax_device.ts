import type { Call, Endpoint, Region } from "./desk.ts";
import type { Fields } from "./fields.ts";
import type { Json } from "./faults.ts";
import { type Grants, makeGrants, type Tokens } from "./grants.ts";
import { isVerified, type SecretList } from "./issued.ts";
import type { MiniMaxRules } from "./minimax_settings.ts";

/** The login server of one region. */
export interface MiniMaxRegion {
  readonly grants: Grants<Region>;
  readonly code: Endpoint;
  readonly poll: Endpoint;
  readonly refresh: Endpoint;
  decide(decision: "approved" | "denied", userCode?: string): void;
}

interface Login {
  readonly userCode: string;
  readonly challenge: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  state: "pending" | "approved" | "denied" | "done";
}

const CODE: Readonly<Record<string, RegExp>> = {
  client_id: /^78257093-7e40-4613-99e0-527b14b39113$/,
  scope: /^group_id profile model\.completion$/,
  code_challenge: /^[\w-]{43}$/,
  code_challenge_method: /^S256$/,
  state: /^[\w-]{20,}$/,
};

/** Makes the server of a region. @param domain such as `minimax.io` */
export function makeMiniMaxRegion(
  region: Region,
  domain: string,
  secrets: SecretList,
  { settings, now }: MiniMaxRules,
): MiniMaxRegion {
  const logins: Login[] = [];
  const grants = makeGrants<Region>({
    secrets,
    now,
    lifetime: () => settings.accessLifetime,
    rotates: () => settings.rotates,
    makeAccess: () => secrets.issue("access", "eyJ"),
  });

  function answer({ access, refresh, expires }: Tokens<Region>): Response {
    const expired_in = { relative: settings.accessLifetime, s: expires, ms: expires * 1000 };
    return Response.json({
      status: "success",
      access_token: access,
      refresh_token: refresh,
      expired_in: expired_in[settings.tokenExpiry],
      token_type: "Bearer",
      resource_url: `https://api.${domain}/anthropic`,
      notification_message: "",
    });
  }

  return {
    grants,
    decide(decision, userCode = logins.at(-1)?.userCode) {
      const login = logins.find((login) => login.userCode === userCode && login.state === "pending");
      if (login === undefined) throw new Error("no login is pending in this region");
      login.state = decision;
    },
    code(call) {
      const fields = formOf(call);
      const wrong = Object.keys(CODE).find((name) => !CODE[name]!.test(fields?.get(name) ?? ""));
      if (fields === undefined || wrong !== undefined) return refusal(problemWith(fields, wrong));
      if (![undefined, "code"].includes(fields.get("response_type"))) {
        return refusal("response_type is invalid");
      }
      const deadline = now() + settings.codeLifetime * 1000;
      const userCode = secrets.issueUserCode();
      logins.push({ userCode, challenge: fields.get("code_challenge")!, deadline, state: "pending" });
      const expired_in = { relative: settings.codeLifetime, s: Math.floor(deadline / 1000), ms: deadline };
      return Response.json({
        user_code: userCode,
        verification_uri: `https://platform.${domain}/oauth-authorize?user_code=${userCode}`,
        expired_in: expired_in[settings.codeExpiry],
        interval: settings.interval,
        state: fields.get("state"),
      });
    },
    poll(call) {
      const fields = formOf(call);
      if (fields?.get("grant_type") !== "urn:ietf:params:oauth:grant-type:user_code") {
        return refusal("grant_type is invalid");
      }
      if (!CODE.client_id!.test(fields.get("client_id") ?? "")) return refusal("client_id is required");
      const verifier = secrets.add("verifier", fields.get("code_verifier"));
      const login = logins.find(({ userCode }) => userCode === fields.get("user_code"));
      if (login === undefined || login.state === "done") return refusal("user_code is invalid");
      if (!isVerified(verifier, login.challenge)) return refusal("code_verifier is invalid");
      if (login.deadline <= now()) return refusal("user_code is expired");
      if (login.state === "pending") return Response.json({ status: "pending" });
      if (login.state === "denied") return Response.json({ status: "error" });
      login.state = "done";
      return answer(grants.begin(region));
    },
    refresh(call) {
      const fields = formOf(call);
      if (!CODE.client_id!.test(fields?.get("client_id") ?? "")) return refusal("client_id is required");
      const tokens = grants.refresh(secrets.add("refresh", fields?.get("refresh_token") ?? ""));
      if (typeof tokens === "object") return answer(tokens);
      const error = tokens === "reused" ? "refresh_token_reused" : "invalid_grant";
      return Response.json({ error, error_description: `upstream-words about ${error}` }, { status: 400 });
    },
  };
}

/** MiniMax's own kind of error. */
export function baseResp(code: number, message: string): Json {
  return { base_resp: { status_code: code, status_msg: message } };
}

function refusal(message: string): Response {
  return Response.json(baseResp(2013, message), { status: 400 });
}

function problemWith(fields: Fields | undefined, name = "client_id"): string {
  return `${name} is ${fields?.has(name) ? "invalid" : "required"}`;
}

function formOf({ body }: Call): Fields | undefined {
  return body?.type === "form" ? body.fields : undefined;
}
