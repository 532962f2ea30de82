import { type Box, makeBox, type Proxy } from "./program.ts";
import { type Providers, startProviders } from "./providers.ts";

/** Everything that an end-to-end test of the proxy needs. */
export interface Scene extends AsyncDisposable {
  readonly providers: Providers;
  readonly box: Box;
  readonly proxy: Proxy;
  /** The default client's token. */
  readonly token: string;
  /** Calls the proxy with the token as Bearer. */
  call(path: string, init?: RequestInit): Promise<Response>;
}

/** A key of the right shape for a provider, of which no part occurs by chance. */
export function canaryKey(id: string): string {
  const prefix = { openai: "sk-proj-", anthropic: "sk-ant-api03-", minimax: "sk-api-" }[id] ?? "";
  return `${prefix}${id}-q7Zx2Wv9Kp4Tn8Rb3Md6`;
}

/** Starts the providers, stores a key for each of `ids`, and starts the proxy. */
export async function startScene(ids: readonly string[], otherHosts: readonly string[] = []): Promise<Scene> {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  const providers = await startProviders(folder, otherHosts);
  const box = await makeBox(providers, folder);
  for (const id of ids) {
    const { code, stderr } = await box.run(["providers", "set", id], { stdin: canaryKey(id) + "\n" });
    if (code !== 0) throw new Error(stderr);
  }
  const proxy = await box.start();
  const env = await box.run(["env", "--shell", "json", "--provider", "openai"]);
  const token: string = JSON.parse(env.stdout).OPENAI_API_KEY;
  return {
    providers,
    box,
    proxy,
    token,
    call(path, init = {}) {
      const headers = new Headers(init.headers);
      if (!headers.has("authorization")) headers.set("authorization", `Bearer ${token}`);
      return fetch(proxy.url + path, { redirect: "manual", ...init, headers });
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await providers[Symbol.asyncDispose]();
      await box[Symbol.asyncDispose]();
    },
  };
}
