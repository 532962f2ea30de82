import type { System } from "../../lib/system.ts";

/** A request as a login server got it. */
export interface LoginCall {
  readonly url: string;
  /** Of the form or the JSON that it holds. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** In place of the login servers: records what arrives, and answers as the test says. */
export interface LoginServer {
  readonly fetch: System["fetch"];
  readonly calls: LoginCall[];
}

/** Makes one. */
export function loginServer(answer: (call: LoginCall) => Response | Promise<Response>): LoginServer {
  const calls: LoginCall[] = [];
  return {
    calls,
    async fetch(url, { body }) {
      const text = await new Response(body ?? null).text();
      const fields = text.startsWith("{") ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
      const call = { url, fields };
      calls.push(call);
      return await answer(call);
    },
  };
}

/** What the runtime throws when a name can't be resolved. */
export function unresolved(): Promise<Response> {
  return Promise.reject(new TypeError("error sending request: client error (Connect): dns error: not known"));
}
