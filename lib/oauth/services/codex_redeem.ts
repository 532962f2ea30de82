import { isFor } from "../claims.ts";
import type { Reply } from "../http.ts";
import type { Grant } from "../service.ts";
import { loginFailed, requireSuccess } from "../token_error.ts";
import { CLIENT, codexGrant, ISSUER } from "./codex.ts";

/**
 * What the server gave for a code. The Codex CLI reads nothing but the tokens, so nothing else is required here.
 *
 * @param now in milliseconds since 1970 began
 * @throws {AppError} `login_failed`, `network_failed`
 */
export function redeem(reply: Reply, now: number): Grant {
  const { fields } = requireSuccess(reply, new URL(ISSUER).host);
  const grant = codexGrant(fields, now);
  if (grant === undefined) throw loginFailed("the answer of OpenAI could not be understood");
  if (!isFor(fields.id_token, ISSUER, CLIENT.client_id)) {
    throw loginFailed("the answer is for another program, or of another server");
  }
  return grant;
}
