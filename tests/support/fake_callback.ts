import { AuthorizationResponseError, validateAuthResponse } from "oauth4webapi";
import { AppError } from "../../lib/errors.ts";
import { Callback, type CallbackOptions } from "../../lib/oauth/callback.ts";
import { CLIENT, SERVER } from "../../lib/oauth/services/codex.ts";
import { settle } from "./fake_clock.ts";

export const REDIRECT = "http://localhost:1455/auth/callback";

/** The state of the login that waits. */
export const STATE = "s7Wq0-2_kXbC4nTzVfGhYpLrEaUjMdIo9RwQvNt1KxB";

/** What comes back when all goes well. */
export const GOOD = `code=ac_1&state=${STATE}`;

/** A callback that is checked as a login of Codex checks it. */
export interface CallbackBox {
  readonly callback: Callback;
  /** The codes that the login went on with. */
  readonly codes: (string | null)[];
  /** The browser comes back: the status, and the page. */
  visit(query: string, change?: Visit): Promise<{ readonly status: number; readonly page: string }>;
}

/** How a visit differs from the browser's. */
export interface Visit {
  readonly method?: string;
  readonly url?: string;
  /** `null` for none. */
  readonly host?: string | null;
}

/** Makes one. @param work what completes the login */
export function callbackBox(work: () => Promise<void> = () => Promise.resolve()): CallbackBox {
  const codes: (string | null)[] = [];
  const options: CallbackOptions = {
    redirectUri: REDIRECT,
    state: STATE,
    declined: () => new AppError("login_failed", "Cannot log in: it was declined <by> the test", "x"),
    validate(parameters) {
      try {
        return validateAuthResponse(SERVER, CLIENT, parameters, STATE);
      } catch (error) {
        if (error instanceof AuthorizationResponseError) return "declined";
        throw error;
      }
    },
    complete(parameters) {
      codes.push(parameters.get("code"));
      return work();
    },
  };
  const callback = new Callback(options);
  return {
    callback,
    codes,
    async visit(query, { method = "GET", url = REDIRECT, host = "localhost:1455" } = {}) {
      const headers: Record<string, string> = host === null ? {} : { host };
      const response = await callback.handle(new Request(`${url}?${query}`, { method, headers }));
      return { status: response.status, page: await response.text() };
    },
  };
}

/** Whether a promise is settled, once all that is ready has run. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => void (settled = true);
  promise.then(note, note);
  await settle();
  return settled;
}
