import { connectionNames } from "./carriers.ts";
import { Refusal } from "./refusal.ts";

/** Headers of an answer that are not for the client: of this hop, of browsers, or of the provider's site. */
const DROPPED = [
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
];

/** The statuses that have no body (RFC 9110). */
const BODILESS = [204, 205, 304];

/** How the transfer of a body ended. */
export interface Transfer {
  /** Bytes that were passed on. */
  readonly bytes: number;
  readonly end: "complete" | "client_gone" | "upstream_broke_off";
}

/**
 * Makes the answer for the client from the provider's: the same status and the same bytes, passed on as they
 * arrive and only as fast as the client takes them. When one side goes away the other is cut off.
 *
 * @param acceptsEncoding whether the client would take a compressed answer, so that our server would make one
 * @param onEnd is called once
 * @throws {Refusal} `upstream_failed` for a status that HTTP does not have
 */
export function relay(
  answer: Response,
  acceptsEncoding: boolean,
  onEnd: (transfer: Transfer) => void,
): Response {
  const headers = passedOn(answer.headers);
  if (acceptsEncoding) forbidCompression(headers);
  const { status } = answer;
  if (status < 200 || status > 599) {
    answer.body?.cancel().catch(() => {});
    throw new Refusal("upstream_failed", `The provider answered with the status ${status}`);
  }
  if (BODILESS.includes(status) || answer.body === null) {
    onEnd({ bytes: 0, end: "complete" });
    return new Response(null, { status, headers });
  }
  return new Response(counted(answer.body, onEnd), { status, headers });
}

function passedOn(headers: Headers): Headers {
  const dropped = new Set([...DROPPED, ...connectionNames(headers)]);
  const kept = new Headers();
  for (const [name, value] of headers) {
    if (!dropped.has(name) && !name.startsWith("access-control-")) kept.append(name, value);
  }
  return kept;
}

/** The server compresses by itself unless it is told not to (RFC 9111, section 5.2.2.6). */
function forbidCompression(headers: Headers): void {
  const control = headers.get("cache-control");
  if (headers.has("content-encoding") || control?.includes("no-transform")) return;
  headers.set("cache-control", control === null ? "no-transform" : `${control}, no-transform`);
}

function counted(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  onEnd: (transfer: Transfer) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  let bytes = 0;
  let ended = false;
  const end = (how: Transfer["end"]) => {
    if (!ended) onEnd({ bytes, end: how });
    ended = true;
  };
  return new ReadableStream({
    async pull(controller) {
      const part = await reader.read().catch(() => undefined);
      if (ended) return;
      if (part === undefined) {
        controller.error(new Error("The provider broke off its answer"));
        end("upstream_broke_off");
      } else if (part.done) {
        controller.close();
        end("complete");
      } else {
        bytes += part.value.length;
        controller.enqueue(part.value);
      }
    },
    async cancel() {
      end("client_gone");
      await reader.cancel();
    },
  }, { highWaterMark: 0 });
}
