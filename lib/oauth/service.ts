import type { Login, LoginFields } from "../vault/login.ts";

/** What a service gave, and what of it may stand in the clear. */
export interface Grant {
  readonly login: Login;
  readonly fields: LoginFields;
}

/** How an attempt to renew a token ended; reasons are words of ours. */
export type Renewal =
  | { readonly state: "renewed"; readonly grant: Grant }
  /** This login will never be renewed any more. */
  | { readonly state: "refused"; readonly reason: string }
  /** The token can still be used later. */
  | { readonly state: "failed"; readonly reason: string }
  /** The token may be spent: the request was sent, and its answer did not arrive. */
  | { readonly state: "lost"; readonly reason: string };

/** A service whose logins can be renewed. It keeps nothing. */
export interface Service {
  /** The provider's id. */
  readonly id: string;
  /** How long before its end a token is renewed, in milliseconds. */
  readonly margin: number;
  /** Asks once for new tokens. What the answer omits stays as it is in the grant. */
  renew(grant: Grant): Promise<Renewal>;
  /** Ends a login at the service; why that could not be confirmed, if it could not. */
  revoke?(login: Login): Promise<string | undefined>;
}

/** What logging in to a service is done with. */
export interface LoginOptions {
  /** Whether to log in by a code that is typed on any device. */
  readonly device: boolean;
  readonly region: string | undefined;
  readonly talk: Conversation;
  /** Stores what the service gave; only then the login has succeeded. */
  readonly keep: (grant: Grant) => Promise<void>;
}

/** How a login talks with the person at the terminal. */
export interface Conversation {
  /** Tells something that stays to be read. */
  say(text: string): Promise<void>;
  /** Opens a page in the browser, unless the person does not want that. */
  open(url: string): Promise<void>;
  /** Shows an address for the camera of a telephone, where there is room. */
  showPicture(url: string): Promise<void>;
  /**
   * Shows what is waited for and how long yet, until the work is done.
   *
   * @param work gets a signal that aborts when nobody waits any more
   * @throws {AppError} `interrupted`, `login_failed` when the time is over
   */
  attend<T>(wait: Wait, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** What is waited for. */
export interface Wait {
  /** As in "waiting for …". */
  readonly what: string;
  /** When waiting ends, in milliseconds since 1970 began. */
  readonly until: number;
  /** Takes a line that was typed or pasted, which is not shown; gives what is wrong with it. */
  readonly onLine?: (line: string) => string | undefined;
}
