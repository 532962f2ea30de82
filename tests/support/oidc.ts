import { createServer } from "node:http";
import { type OidcCall, recorder } from "./oidc/calls.ts";
import { type Clock, onClock } from "./oidc/clock.ts";
import { asForm } from "./oidc/form.ts";
import { makeProvider } from "./oidc/provider.ts";
import { type Account, ROUTES } from "./oidc/settings.ts";
import { visit } from "./oidc/visitor.ts";

/** The public client that the server knows, which is the Codex CLI's. */
export const OIDC_CLIENT = "app_EMoamEEZ73f0CkXaXp7hrann";

/** The redirect addresses of that client; no others are taken. */
export const OIDC_REDIRECTS = [
  "http://localhost:1455/auth/callback",
  "http://localhost:1457/auth/callback",
] as const;

/** Who signs in. */
export const OIDC_ACCOUNT: Account = {
  sub: "user-of-the-tests",
  email: "user@example.com",
  email_verified: true,
  "https://api.openai.com/auth": { chatgpt_account_id: "account-of-the-tests", chatgpt_plan_type: "plus" },
};

/** How the server begins. */
export interface OidcOptions {
  /** Its name, such as `https://auth.openai.com`, where another server passes requests on to `answer`. */
  readonly issuer?: string;
  /** In seconds; one hour if not given. */
  readonly accessTokenLifetime?: number;
  /** In seconds; 30 days if not given. */
  readonly refreshTokenLifetime?: number;
  /** Claims of the account beside or in place of those of `OIDC_ACCOUNT`. */
  readonly account?: Partial<Account>;
}

/** A real authorization server, npm's `oidc-provider`, in this process. Whoever comes is signed in. */
export interface Oidc extends AsyncDisposable {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  /** Answers a request as if it had come in. Give this to `Providers.answer` for another host name. */
  readonly answer: (request: Request) => Promise<Response>;
  /** The requests to the token and revocation endpoints that have been answered, in order. */
  readonly calls: readonly OidcCall[];
  /** How many of them there are. */
  count(kind: OidcCall["kind"]): number;
  /** By how many seconds the server's clock is ahead. */
  skew: number;
  /** What the user says to an authorization request. */
  decision: "approve" | "deny";
  /** Stands between every request and the server: to delay, to answer in its place, to lose an answer. */
  around: (request: Request, next: (request: Request) => Promise<Response>) => Promise<Response>;
  /**
   * Follows an authorization URL as a browser with an empty cookie jar does.
   *
   * @returns the URL on localhost that the browser would go to, which nobody fetches
   * @throws when the server shows an error in place of a redirect; its text is in the message
   */
  authorize(url: string): Promise<string>;
}

/** Starts the server on a loopback port of its own. */
export async function startOidc(options: OidcOptions = {}): Promise<Oidc> {
  const clock: Clock = { skew: 0 };
  const { calls, record } = recorder();
  const inner = createServer((request, response) => onClock(clock, () => handle(request, response)));
  const innerPort = await new Promise<number>((resolve) => {
    inner.listen(0, "127.0.0.1", () => resolve((inner.address() as { port: number }).port));
  });
  // Its own connections, so that they end with it.
  const client = Deno.createHttpClient({});
  const closing = new AbortController();
  const outer = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: closing.signal, onListen() {} },
    (request) => oidc.answer(request),
  );
  const issuer = options.issuer ?? `http://127.0.0.1:${outer.addr.port}`;
  const handle = await makeProvider({
    issuer,
    client: { client_id: OIDC_CLIENT, redirect_uris: OIDC_REDIRECTS },
    account: { ...OIDC_ACCOUNT, ...options.account },
    accessTokenLifetime: options.accessTokenLifetime ?? 60 * 60,
    refreshTokenLifetime: options.refreshTokenLifetime ?? 30 * 24 * 60 * 60,
    decision: () => oidc.decision,
  });

  async function forward(request: Request): Promise<Response> {
    const { method } = request;
    const { pathname, search } = new URL(request.url);
    const { host, protocol } = new URL(issuer);
    const { body, headers, form } = await asForm(request);
    headers.set("x-forwarded-host", host);
    headers.set("x-forwarded-proto", protocol.slice(0, -1));
    const target = `http://127.0.0.1:${innerPort}${pathname}${search}`;
    const response = await fetch(target, { method, headers, body, client, redirect: "manual" });
    // Read here, so that a test may drop the answer.
    const content = await response.bytes();
    record(pathname, form, response.status);
    return new Response(content.length === 0 ? null : content, response);
  }

  const oidc: Oidc = {
    issuer,
    authorizationEndpoint: issuer + ROUTES.authorization,
    tokenEndpoint: issuer + ROUTES.token,
    revocationEndpoint: issuer + ROUTES.revocation,
    answer: (request) => oidc.around(request, forward),
    calls,
    count: (kind) => calls.filter((call) => call.kind === kind).length,
    get skew() {
      return clock.skew;
    },
    set skew(seconds) {
      clock.skew = seconds;
    },
    decision: "approve",
    around: (request, next) => next(request),
    authorize: (url) => visit(url, issuer, oidc.answer),
    async [Symbol.asyncDispose]() {
      // A shutdown would wait for requests that a test leaves without an answer.
      closing.abort();
      client.close();
      inner.closeAllConnections();
      await new Promise((resolve) => inner.close(resolve));
    },
  };
  return oidc;
}
