import type { CodexTokens } from "./codex_tokens.ts";
import { bearerOf, type Call, type Endpoint, streamEvents } from "./desk.ts";
import { errorBody } from "./faults.ts";

/** What a subscription pays for. */
export interface CodexApi {
  readonly responses: Endpoint;
  readonly usage: Endpoint;
}

/** Makes it. A call needs a valid access token, and the account that it is of. */
export function makeCodexApi({ grants }: CodexTokens): CodexApi {
  function refuse(call: Call): Response | undefined {
    const found = grants.check(bearerOf(call));
    if (typeof found === "object" && call.headers.get("chatgpt-account-id") === found.owner.id) {
      return undefined;
    }
    const code = found === "invalidated" ? "token_invalidated" : "token_expired";
    return Response.json(errorBody(code), { status: 401 });
  }

  return {
    responses: (call) => refuse(call) ?? streamEvents(EVENTS),
    usage: (call) =>
      refuse(call) ?? Response.json({
        plan_type: "plus",
        rate_limit: { allowed: true, limit_reached: false, primary_window: { used_percent: 12 } },
      }),
  };
}

const RESPONSE = { id: "resp_stand_in", object: "response", model: "gpt-5-codex" };
const EVENTS = [
  { type: "response.created", response: { ...RESPONSE, status: "in_progress", output: [] } },
  { type: "response.output_text.delta", item_id: "msg_1", output_index: 0, content_index: 0, delta: "Hello" },
  { type: "response.completed", response: { ...RESPONSE, status: "completed", output: [] } },
];
