import type { Sent } from "./web.ts";

/** A call as it would have left. */
export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** In place of the providers: records what would leave, and answers as the test says. */
export interface FakeUpstream {
  readonly upstream: (request: Sent) => Promise<Response>;
  readonly calls: readonly Call[];
  /** The URLs, in the order in which they were called. */
  readonly urls: readonly string[];
}

/** Makes one. Calls that have a body fail the test. */
export function fakeUpstream(
  answer: (request: Sent, count: number) => Response | Promise<Response>,
): FakeUpstream {
  const calls: Call[] = [];
  return {
    calls,
    get urls() {
      return calls.map(({ url }) => url);
    },
    async upstream(request) {
      const { method, url, headers, body, signal } = request;
      calls.push({ method, url: url.href, headers: Object.fromEntries(headers), signal });
      if (body !== null) throw new Error("a check has no body");
      return await answer(request, calls.length);
    },
  };
}

/** A body that begins and never ends. */
export function endlessBody(beginning = ""): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(beginning)),
  });
}
