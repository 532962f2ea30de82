/** Stands between a request and its endpoint: answers in its place, or changes what it answers. */
export type Fault = (answer: () => Promise<Response>) => Response | Promise<Response>;

/** The fields of a JSON answer. */
export type Json = Readonly<Record<string, unknown>>;

/** Answers this, and the endpoint never hears of the request. A text is sent as it is, all else as JSON. */
export function replies(status: number, body?: unknown, headers: Record<string, string> = {}): Fault {
  return () => {
    if (body === undefined || typeof body === "string") {
      return new Response(body ?? null, { status, headers });
    }
    return Response.json(body, { status, headers });
  };
}

/** The shapes in which error codes are seen: `{error: {code}}`, `{error: "code"}` and `{code}`. */
export type ErrorShape = "nested" | "flat" | "bare";

/** An error body. Its description holds a word that nothing else does. */
export function errorBody(code: string, shape: ErrorShape = "nested"): Json {
  const message = `upstream-words about ${code}`;
  if (shape === "flat") return { error: code, error_description: message };
  return shape === "bare"
    ? { code }
    : { error: { code, message, type: "invalid_request_error", param: null } };
}

/** Fails with an error code. */
export function fails(status: number, code: string, shape?: ErrorShape): Fault {
  return replies(status, errorBody(code, shape));
}

/** A page that says no, of what stands before the server. */
export const blocked: Fault = replies(
  403,
  "<!DOCTYPE html><html><body>Just a moment…</body></html>",
  { "content-type": "text/html; charset=UTF-8", "cf-ray": "8f00baa5deadbeef-FRA" },
);

/** Redirects, and asks to repeat the request with its body. */
export function movesTo(url: string): Fault {
  return replies(307, undefined, { location: url });
}

/** Changes the JSON of a success; a field that becomes undefined is absent. */
export function changes(change: Json | ((body: Json) => Json)): Fault {
  return async (answer) => {
    const response = await answer();
    if (!response.ok) return response;
    const body: Json = await response.json();
    return Response.json(typeof change === "function" ? change(body) : { ...body, ...change });
  };
}

/** Leaves fields out of the JSON of a success. */
export function without(...names: string[]): Fault {
  return changes(Object.fromEntries(names.map((name) => [name, undefined])));
}

/** The endpoint does its work, but the connection breaks in the middle of what it says. */
export async function cuts(answer: () => Promise<Response>): Promise<Response> {
  const { status, headers, body } = await answer();
  const bytes = await new Response(body).bytes();
  let isBegun = false;
  const half = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      if (!isBegun) {
        isBegun = true;
        return controller.enqueue(bytes.slice(0, bytes.length / 2));
      }
      // Else the server would break the connection before it sends the first half.
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.error(new Error("cut"));
    },
  }, { highWaterMark: 0 });
  const cut = new Headers(headers);
  cut.set("content-length", String(bytes.length));
  // Else Deno.serve compresses it, and leaves its length out.
  cut.set("cache-control", "no-transform");
  return new Response(half, { status, headers: cut });
}

/** A fault that leaves requests without an answer. */
export interface Hang {
  readonly fault: Fault;
  /** Resolves when the first request hangs. */
  readonly arrived: Promise<void>;
  /** Answers all of them, and those that follow. */
  release(): void;
}

/** Makes one: requests wait before the endpoint hears of them, or after it has done its work. */
export function makeHang(when: "before" | "after" = "before"): Hang {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  return {
    arrived: arrived.promise,
    release: released.resolve,
    async fault(answer) {
      const done = when === "after" ? await answer() : undefined;
      arrived.resolve();
      await released.promise;
      return done ?? await answer();
    },
  };
}

/** Applies a fault to the next so many requests only. */
export function first(count: number, fault: Fault): Fault {
  let left = count;
  return (answer) => left-- > 0 ? fault(answer) : answer();
}

/** Applies a fault to answers that hold tokens only, so not while a login is pending. */
export function onTokens(fault: Fault): Fault {
  return async (answer) => {
    const response = await answer();
    const hasTokens = (await response.clone().text()).includes('"access_token"');
    return hasTokens ? await fault(() => Promise.resolve(response)) : response;
  };
}
