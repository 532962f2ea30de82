import { type Body, readBody } from "./fields.ts";
import type { Fault } from "./faults.ts";

/** Where a vendor's accounts are; those of one region mean nothing in the other. */
export type Region = "global" | "cn";

/** A request, with its body read. */
export interface Call {
  readonly url: URL;
  readonly headers: Headers;
  /** Of an empty, unknown or malformed body: nothing. */
  readonly body: Body | undefined;
}

/** Makes an endpoint's answer. */
export type Endpoint = (call: Call) => Response | Promise<Response>;

/** Answers in place of a vendor's hosts. */
export interface Desk<Name extends string> {
  answer(request: Request): Promise<Response>;
  /** A test sets and deletes them as it likes. */
  readonly traps: Partial<Record<Name, Fault>>;
  /** How many requests each endpoint got, trapped ones included. */
  readonly counts: Readonly<Record<Name, number>>;
}

/** Which endpoint is at `GET host/path`, or how the body tells. */
export type Routes<Name extends string> = Readonly<Record<string, Name | ((call: Call) => Name)>>;

/** Makes one. Whatever has no route is a 404 without a trace in the counts. */
export function makeDesk<Name extends string>(
  routes: Routes<Name>,
  endpoints: Readonly<Record<Name, Endpoint>>,
): Desk<Name> {
  const names = Object.keys(endpoints) as Name[];
  const counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  const traps: Partial<Record<Name, Fault>> = {};
  return {
    traps,
    counts,
    async answer(request) {
      const url = new URL(request.url);
      const route = routes[`${request.method} ${url.host}${url.pathname}`];
      if (route === undefined) return Response.json({ detail: "Not Found" }, { status: 404 });
      const call = { url, headers: request.headers, body: await readBody(request) };
      const name = typeof route === "function" ? route(call) : route;
      counts[name]++;
      const answer = async () => await endpoints[name](call);
      return await (traps[name]?.(answer) ?? answer());
    },
  };
}

/** Where the body names the grant: the endpoint that refreshes, or the one that logs in. */
export function byGrantType<Login extends string>(login: Login): (call: Call) => Login | "refresh" {
  return ({ body }) => body?.fields.get("grant_type") === "refresh_token" ? "refresh" : login;
}

/** The credential of an Authorization header. */
export function bearerOf({ headers }: Call): string | undefined {
  return /^Bearer (\S+)$/.exec(headers.get("authorization") ?? "")?.[1];
}

/** A stream of events, each named as its data's type. */
export function streamEvents(events: readonly { readonly type: string }[]): Response {
  const parts = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  return new Response(ReadableStream.from(parts).pipeThrough(new TextEncoderStream()), {
    headers: { "content-type": "text/event-stream" },
  });
}
