import { connectionOptions, FieldList, type Fields } from "../http/fields.ts";
import type { Answer } from "../http/message.ts";
import { Refusal } from "./refusal.ts";
import { agreesTo } from "./websocket.ts";

/** Headers of an answer that are not for the client: of this hop, of browsers, or of the provider's site. */
const DROPPED: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "set-cookie",
  "set-cookie2",
  "alt-svc",
  "strict-transport-security",
]);

/**
 * Makes the answer for the client from the provider's: the same status and the same bytes.
 *
 * @param key of the WebSocket that was asked for, if one was
 * @throws {Refusal} `upstream_failed` for a status that HTTP does not have, or a WebSocket that was not asked for
 */
export function relay(answer: Answer, key?: string): Answer {
  const { status, reason, body, upload } = answer;
  if (upload !== undefined) {
    if (key === undefined || !agreesTo(key, answer)) {
      body?.cancel();
      throw new Refusal("upstream_failed", "The provider's answer to the WebSocket's handshake is not valid");
    }
    const headers = passedOn(answer.headers);
    headers.set("connection", "Upgrade");
    headers.set("upgrade", "websocket");
    return { status, reason, headers, body, upload };
  }
  if (status < 200 || status > 599) {
    body?.cancel();
    throw new Refusal("upstream_failed", `The provider answered with the status ${status}`);
  }
  return { status, reason, headers: passedOn(answer.headers), body };
}

function passedOn(headers: Fields): FieldList {
  const ofThisHop = connectionOptions(headers);
  const names: string[] = [];
  const values: string[] = [];
  headers.forEach((value, name) => {
    if (DROPPED.has(name) || name.startsWith("access-control-") || ofThisHop.includes(name)) return;
    names.push(name);
    values.push(value);
  });
  return new FieldList(names, values);
}
