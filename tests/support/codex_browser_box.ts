import type { Grant } from "../../lib/oauth/service.ts";
import { logInWithBrowser } from "../../lib/oauth/services/codex_browser.ts";
import type { ListenOptions } from "../../lib/system.ts";
import { type FakeTalk, fakeTalk, type LoginMachine, loginMachine } from "./fake_login.ts";
import { type Codex, makeCodex } from "./vendors/codex.ts";

/** A login in a browser that the test stands in for. */
export interface BrowserBox extends LoginMachine {
  readonly codex: Codex;
  readonly talk: FakeTalk;
  /** What was stored. */
  readonly kept: readonly Grant[];
  /** Settles with the login. */
  readonly login: Promise<void>;
  /** Where the person is sent, once the login waits. */
  authorizeUrl(): Promise<string>;
  /** The browser comes back to this address. @param server the number of the listener */
  visit(url: string, server?: number): Promise<{ readonly status: number; readonly page: string }>;
}

/** How a login differs from the usual one. */
export interface BrowserOptions {
  /** Throws where a server can't be started. */
  readonly refuse?: (options: ListenOptions) => void;
  /** What storing does. */
  readonly keep?: (grant: Grant) => Promise<void>;
  /** Changes what the person does. */
  readonly talk?: Partial<FakeTalk>;
}

/** Starts a login with the stand-in of OpenAI's server. */
export function startBrowserLogin({ refuse, keep, talk: changed }: BrowserOptions = {}): BrowserBox {
  const codex = makeCodex();
  const machine = loginMachine((request) => codex.answer(request), refuse);
  const talk: FakeTalk = { ...fakeTalk(), ...changed };
  const kept: Grant[] = [];
  const login = logInWithBrowser(machine.sender, machine.system, {
    device: false,
    region: undefined,
    talk,
    async keep(grant) {
      await keep?.(grant);
      kept.push(grant);
    },
  });
  login.catch(() => {});
  return {
    ...machine,
    codex,
    talk,
    kept,
    login,
    async authorizeUrl() {
      await talk.waiting;
      return talk.opened[0]!;
    },
    async visit(url, server = 0) {
      const { host } = new URL(url);
      const response = await machine.servers[server]!.handler(new Request(url, { headers: { host } }));
      return { status: response.status, page: await response.text() };
    },
  };
}
