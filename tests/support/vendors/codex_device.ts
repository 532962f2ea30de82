import { CODEX_CLIENT, DEVICE_REDIRECT, page } from "./codex_authorize.ts";
import { type CodexTokens, refusal } from "./codex_tokens.ts";
import type { Call } from "./desk.ts";
import { challengeOf, randomText, type SecretList } from "./issued.ts";

/** How a login is said to be pending. */
export interface Pending {
  readonly status: number;
  /** Sent as JSON; without one the answer is empty. */
  readonly body?: unknown;
}

/** The login by a code that the user types elsewhere. It is not RFC 8628. */
export interface CodexDevice {
  usercode(call: Call): Response;
  poll(call: Call): Response;
  /** Where the user types the code. */
  page(): Response;
  /** The typed code. */
  enter(call: Call): Response;
  /** Decides the login with this code, else the newest. */
  decide(decision: "approved" | "denied", userCode?: string): void;
}

interface Login {
  readonly id: string;
  readonly userCode: string;
  state: "pending" | "approved" | "denied" | "done";
}

/** Makes it. */
export function makeCodexDevice(
  secrets: SecretList,
  tokens: CodexTokens,
  settings: { readonly interval: unknown; readonly pending: Pending },
): CodexDevice {
  const logins: Login[] = [];

  function decide(decision: "approved" | "denied", userCode = logins.at(-1)?.userCode): void {
    const login = logins.find((login) => login.userCode === userCode && login.state === "pending");
    if (login === undefined) throw new Error("no device login is pending");
    login.state = decision;
  }

  return {
    decide,
    usercode({ body }) {
      if (body?.type !== "json" || body.fields.get("client_id") !== CODEX_CLIENT) {
        return refusal(400, "invalid_request");
      }
      const login: Login = {
        id: secrets.issue("device", "deviceauth_"),
        userCode: secrets.issueUserCode(),
        state: "pending",
      };
      logins.push(login);
      const { interval } = settings;
      return Response.json({ device_auth_id: login.id, user_code: login.userCode, interval });
    },
    poll({ body }) {
      if (body?.type !== "json") return refusal(400, "invalid_request");
      const [id, userCode] = [body.fields.get("device_auth_id"), body.fields.get("user_code")];
      const login = logins.find((login) => login.id === id && login.userCode === userCode);
      if (login === undefined || login.state === "done") {
        return refusal(400, "deviceauth_authorization_unknown");
      }
      if (login.state === "denied") return refusal(403, "access_denied");
      if (login.state === "pending") {
        const { status, body } = settings.pending;
        return body === undefined ? new Response(null, { status }) : Response.json(body, { status });
      }
      login.state = "done";
      const verifier = secrets.add("verifier", randomText(48));
      const challenge = challengeOf(verifier);
      return Response.json({
        authorization_code: tokens.issueCode(DEVICE_REDIRECT, challenge),
        code_challenge: challenge,
        code_verifier: verifier,
      });
    },
    page: () =>
      page(
        `<form method="post"><input id="code" name="user_code"><button id="allow">Continue</button></form>`,
      ),
    enter({ body }) {
      try {
        decide("approved", body?.fields.get("user_code") ?? "");
        return page('<p id="done">Done.</p>');
      } catch {
        return page('<p id="problem">This code is not known.</p>', 400);
      }
    },
  };
}
