import type { Proxy, RunOptions } from "../program.ts";
import type { LoginScene } from "./login_scene.ts";
import type { Renewed } from "./seed.ts";

/** A running proxy of a login scene. */
export interface LoginProxy extends AsyncDisposable {
  readonly proxy: Proxy;
  /** Asks the provider for a stream, with the local token. */
  ask(id: Renewed, init?: RequestInit): Promise<Response>;
  /** Asks, and gives status and text of the answer. */
  text(id: Renewed, init?: RequestInit): Promise<readonly [status: number, text: string]>;
}

/** What a request is sent to. */
const PATHS: Readonly<Record<Renewed, string>> = {
  "openai-oauth": "/openai-oauth/v1/responses",
  "minimax-oauth": "/minimax-oauth/v1/messages",
};

/** The local token of the default client. */
export async function localToken({ box }: LoginScene): Promise<string> {
  const { code, stdout, stderr } = await box.run(["env", "--shell", "json", "--provider", "openai"]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout).OPENAI_API_KEY;
}

/** Asks the proxy at this URL for a stream. */
export function askAt(url: string, token: string, id: Renewed, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${token}`);
  const usual = { method: "POST", body: '{"stream":true}', redirect: "manual" } as const;
  return fetch(url + PATHS[id], { ...usual, ...init, headers });
}

/** Starts it. */
export async function startLoginProxy(scene: LoginScene, options?: RunOptions): Promise<LoginProxy> {
  const proxy = await scene.box.start([], options);
  const token = await localToken(scene);
  const ask = (id: Renewed, init?: RequestInit) => askAt(proxy.url, token, id, init);
  return {
    proxy,
    ask,
    async text(id, init) {
      const answer = await ask(id, init);
      return [answer.status, await answer.text()];
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}
