import { type Body, BytesBody } from "../../lib/http/body.ts";
import { FieldList } from "../../lib/http/fields.ts";
import { parseFields } from "../../lib/http/head.ts";
import type { Answer } from "../../lib/http/message.ts";
import type { Reply, ServerRequest } from "../../lib/http/service.ts";
import { StreamBody, streamOf } from "../../lib/http/stream_body.ts";
import type { UpstreamRequest } from "../../lib/proxy/upstream.ts";

type Stream = ReadableStream<Uint8Array<ArrayBuffer>>;

/** A request as it would have left, in the types of the web, with the credential among its headers. */
export interface Sent {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Stream | null;
  readonly signal: AbortSignal;
}

/** Adds field lines, as they are sent, to headers. */
export function addLine(headers: Headers, line: Uint8Array): void {
  const text = new TextDecoder().decode(line) + "\r\n";
  for (const [name, value] of parseFields(text, 0)) headers.append(name, value);
}

/** Turns a request that leaves into the types of the web. */
export function sentOf({ url, method, headers, credential, body, signal }: UpstreamRequest): Sent {
  const all = new Headers([...headers]);
  addLine(all, credential);
  return { url, method, headers: all, body: body && streamOf(body), signal };
}

/** Turns a response of the web into an answer as it comes from a provider. */
export function answerOf({ status, statusText, headers, body }: Response): Answer {
  const fields = new FieldList();
  headers.forEach((value, name) => fields.append(name, value));
  return { status, reason: statusText, headers: fields, body: body && new StreamBody(body, undefined) };
}

/** Turns a request of the web into one as the server hands it over. */
export function arrivedOf({ url, method, headers, body, signal }: Request): ServerRequest {
  return { url, method, headers, body: body && new StreamBody(body, undefined), signal };
}

/** Turns a reply into a response of the web, whose end is told as the server tells it. */
export function responseOf({ answer, ended }: Reply, signal: AbortSignal): Response {
  const { status, body } = answer;
  const headers = new Headers([...answer.headers]);
  if (body === null || [204, 205, 304].includes(status)) {
    ended({ bytes: 0, end: "complete" });
    return new Response(null, { status, headers });
  }
  // What is in hand the server writes at once.
  if (body instanceof BytesBody) {
    ended({ bytes: body.length, end: "complete" });
    return new Response(streamOf(body), { status, headers });
  }
  return new Response(told(body, ended, signal), { status, headers });
}

function told(body: Body, ended: Reply["ended"], signal: AbortSignal): Stream {
  let bytes = 0;
  return new ReadableStream({
    async pull(controller) {
      try {
        const part = await body.read();
        if (part !== undefined) {
          bytes += part.length;
          return controller.enqueue(part.slice());
        }
        controller.close();
        ended({ bytes, end: "complete" });
      } catch {
        controller.error(new Error("broken off"));
        ended({ bytes, end: signal.aborted ? "client_gone" : "upstream_broke_off" });
      }
    },
    cancel() {
      ended({ bytes, end: "client_gone" });
      body.cancel();
    },
  }, { highWaterMark: 0 });
}
