import assert from "node:assert/strict";
import { readAll } from "./oidc_tokens.ts";
import { type Oidc, type OidcOptions, startOidc } from "./oidc.ts";
import { type Box, makeBox, type Run, type Running } from "./program.ts";
import { type Providers, startProviders } from "./providers.ts";

const ID = "openai-oauth";

/** The host of the plan's API. */
export const API_HOST = "chatgpt.com";

/** A login that waits for the browser. */
export interface BrowserLogin extends AsyncDisposable {
  /** Where the person is sent to. */
  readonly page: string;
  readonly command: Running;
  /** What the page asks the server for. */
  readonly asked: URLSearchParams;
  /** Opens an address on localhost as a browser does; its status and text. */
  open(url: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Follows the page to the callback and opens it. Gives the end of the command. */
  finish(): Promise<Run>;
}

/** A box in front of a real authorization server, and of an API that takes the tokens of it. */
export interface OidcScene extends AsyncDisposable {
  readonly oidc: Oidc;
  readonly providers: Providers;
  readonly box: Box;
  /** What tokens the API takes, oldest first: all that the server gave, unless a test removes it. */
  readonly accepted: string[];
  /** The refresh tokens that the server gave, oldest first. */
  readonly refreshTokens: string[];
  /** Begins a login. Hold `takeCallbackPorts()` meanwhile. */
  begin(): Promise<BrowserLogin>;
  /** Logs in. Hold `takeCallbackPorts()` meanwhile. */
  logIn(): Promise<void>;
  /** What `providers list --json` says of the login; `undefined` when there is none. */
  // deno-lint-ignore no-explicit-any -- a JSON answer
  listed(): Promise<any>;
  /** Runs `providers test --json`. */
  test(): Promise<{ readonly code: number; readonly result: string; readonly detail: string }>;
  /** Redeems a code or a token as anybody could, and gives the status and the error code. */
  redeem(
    form: Readonly<Record<string, string>>,
  ): Promise<readonly [status: number, error: string | undefined]>;
}

/** Starts the server as auth.openai.com, and a box that reaches it. */
export async function startOidcScene(options: OidcOptions = {}): Promise<OidcScene> {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  const oidc = await startOidc({ ...options, issuer: "https://auth.openai.com" });
  const providers = await startProviders(folder, [new URL(oidc.issuer).host]);
  const box = await makeBox(providers, folder);
  const accepted: string[] = [];
  const refreshTokens: string[] = [];
  // The server reads the bodies itself.
  providers.recordBodies = false;
  providers.answer = async (request) => {
    const { host, pathname } = new URL(request.url);
    if (host === API_HOST) {
      const token = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
      return accepted.includes(token)
        ? Response.json({ ok: true })
        : Response.json({ error: { code: "token_invalidated" } }, { status: 401 });
    }
    const response = await oidc.answer(request);
    if (pathname === new URL(oidc.tokenEndpoint).pathname && response.ok) {
      const { access_token, refresh_token } = await readAll(response.clone());
      if (access_token !== undefined) accepted.push(access_token);
      if (refresh_token !== undefined) refreshTokens.push(refresh_token);
    }
    return response;
  };

  const scene: OidcScene = {
    oidc,
    providers,
    box,
    accepted,
    refreshTokens,
    async begin() {
      const command = box.spawn(["login", ID, "--no-browser"]);
      const [, page] = await command.shown(/^(https:\/\/\S+)\n[^]*waiting for/m);
      return {
        page: page!,
        command,
        asked: new URL(page!).searchParams,
        open,
        async finish() {
          await open(await oidc.authorize(page!));
          return await command.ended;
        },
        [Symbol.asyncDispose]: () => command[Symbol.asyncDispose](),
      };
    },
    async logIn() {
      await using login = await scene.begin();
      const { code, stderr } = await login.finish();
      assert.equal(code, 0, stderr);
    },
    async listed() {
      const { code, stdout, stderr } = await box.run(["providers", "list", "--json"]);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout).find(({ id }: { id: string }) => id === ID);
    },
    async test() {
      const { code, stdout } = await box.run(["providers", "test", ID, "--json"]);
      const [{ result, detail = "" }] = JSON.parse(stdout);
      return { code, result, detail };
    },
    async redeem(form) {
      const request = new Request(oidc.tokenEndpoint, { method: "POST", body: new URLSearchParams(form) });
      const response = await oidc.answer(request);
      return [response.status, (await readAll(response)).error];
    },
    async [Symbol.asyncDispose]() {
      await providers[Symbol.asyncDispose]();
      await oidc[Symbol.asyncDispose]();
      await box[Symbol.asyncDispose]();
    },
  };
  return scene;
}

async function open(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url, { redirect: "manual" });
  return { status: response.status, text: await response.text() };
}
