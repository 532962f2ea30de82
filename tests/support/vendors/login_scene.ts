import { PROVIDERS } from "../../../lib/providers/table.ts";
import { type Box, makeBox } from "../program.ts";
import { type Providers, startProviders } from "../providers.ts";
import { type Codex, CODEX_HOSTS, makeCodex } from "./codex.ts";
import type { Desk } from "./desk.ts";
import { makeMiniMax, type MiniMax, MINIMAX_HOSTS } from "./minimax.ts";
import { makeZhipu, type Zhipu, ZHIPU_HOSTS } from "./zhipu.ts";

/** A box in front of the vendors' stand-ins. Other hosts answer as `providers.answer` did before. */
export interface LoginScene extends AsyncDisposable {
  readonly providers: Providers;
  readonly box: Box;
  readonly codex: Codex;
  readonly minimax: MiniMax;
  readonly zhipu: Zhipu;
  /** Gone at the end. */
  readonly folder: string;
}

/** Starts the stand-ins. @param otherHosts that resolve to the same server, such as where a trap leads to */
export async function startLoginScene(otherHosts: readonly string[] = []): Promise<LoginScene> {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  const known = new Set(PROVIDERS.flatMap((provider) => provider.hosts));
  const wanted = new Set([...CODEX_HOSTS, ...MINIMAX_HOSTS, ...ZHIPU_HOSTS, ...otherHosts]);
  const providers = await startProviders(folder, [...wanted.difference(known)]);
  const box = await makeBox(providers, folder);
  const [codex, minimax, zhipu] = [makeCodex(), makeMiniMax(), makeZhipu()];
  box.watch.secrets.push(() => [...codex.secrets(), ...minimax.secrets(), ...zhipu.secrets()]);
  const standIns = new Map<string, Desk<string>>([
    ...CODEX_HOSTS.map((host) => [host, codex] as const),
    ...MINIMAX_HOSTS.map((host) => [host, minimax] as const),
    ...ZHIPU_HOSTS.map((host) => [host, zhipu] as const),
  ]);
  const { answer: otherwise } = providers;
  providers.answer = (request) => {
    const standIn = standIns.get(new URL(request.url).host);
    return standIn?.answer(withBody(request, providers)) ?? otherwise(request);
  };
  return {
    providers,
    box,
    codex,
    minimax,
    zhipu,
    folder,
    async [Symbol.asyncDispose]() {
      await providers[Symbol.asyncDispose]();
      await box[Symbol.asyncDispose]();
    },
  };
}

/** The request, whose body may just have been read and recorded. */
function withBody(request: Request, { recordBodies, received }: Providers): Request {
  if (!recordBodies || request.body === null) return request;
  const { method, url, headers } = request;
  return new Request(url, { method, headers, body: new Uint8Array(received.at(-1)!.body) });
}
