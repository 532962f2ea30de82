/** How a time is told: seconds from now, or seconds or milliseconds since 1970. */
export type Expiry = "relative" | "s" | "ms";

/** How the servers behave; a test changes it at any time. */
export interface MiniMaxSettings {
  /** Of access tokens, in seconds. */
  accessLifetime: number;
  /** Of the code to type, in seconds. */
  codeLifetime: number;
  codeExpiry: Expiry;
  tokenExpiry: Expiry;
  /** Between polls: milliseconds, as the real one sends; seconds; or nothing at all. */
  interval: unknown;
  /** When false, a refresh gives no refresh token and the old one stays valid. */
  rotates: boolean;
}

/** What a region needs to know of the stand-in. */
export interface MiniMaxRules {
  readonly settings: MiniMaxSettings;
  /** Milliseconds since 1970. */
  now(): number;
}
