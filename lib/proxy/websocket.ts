import { createHash } from "node:crypto";
import { connectionOptions, type FieldList, type Fields } from "../http/fields.ts";
import type { Answer } from "../http/message.ts";
import { holds, offeredProtocols, TOKEN_PROTOCOL } from "./carriers.ts";
import { Refusal } from "./refusal.ts";

/** The one version that there is (RFC 6455, section 4.1). */
const VERSION = "13";

/** Sixteen bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** Is hashed together with the key (RFC 6455, section 1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Whether a request asks for a WebSocket. An upgrade to anything else is not looked at. */
export function asksForWebSocket(headers: Fields): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket" &&
    connectionOptions(headers).includes("upgrade");
}

/**
 * Takes the client's handshake over into the provider's (RFC 6455, section 4.1), without the local token.
 *
 * @param headers those of the request to the provider, to which the handshake is added
 * @returns the key, which the answer has to match
 * @throws {Refusal} `malformed_request`, `upgrade_required`
 */
export function takeHandshake(headers: FieldList, asked: Fields, method: string, token: string): string {
  const key = asked.get("sec-websocket-key") ?? "";
  if (method !== "GET" || !KEY.test(key)) {
    throw new Refusal("malformed_request", "The handshake of the WebSocket is malformed");
  }
  if (asked.get("sec-websocket-version") !== VERSION) {
    throw new Refusal("upgrade_required", `Only version ${VERSION} of WebSocket is relayed`);
  }
  headers.set("connection", "Upgrade");
  headers.set("upgrade", "websocket");
  headers.set("sec-websocket-key", key);
  headers.set("sec-websocket-version", VERSION);
  const protocols = offeredProtocols(asked).filter((one) =>
    !one.startsWith(TOKEN_PROTOCOL) && !holds(one, token)
  );
  if (protocols.length > 0) headers.set("sec-websocket-protocol", protocols.join(", "));
  const extensions = asked.get("sec-websocket-extensions");
  if (extensions !== null && !holds(extensions, token)) headers.set("sec-websocket-extensions", extensions);
  return key;
}

/** Whether a provider agreed to this very handshake (RFC 6455, section 4.1). */
export function agreesTo(key: string, { headers }: Answer): boolean {
  const proof = createHash("sha1").update(key + GUID).digest("base64");
  return asksForWebSocket(headers) && headers.get("sec-websocket-accept") === proof;
}
