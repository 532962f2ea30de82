import type { CommandLine, CommandOptions, Result } from "./command_line.ts";
import { stored } from "./stored.ts";
import { makeZhipu, type Zhipu } from "./vendors/zhipu.ts";
import type { Sent } from "./web.ts";

/** The provider whose login takes a key. */
export const ID = "zhipu-coding-plan";

/** The plan, and what was asked of it and of the browser. */
export interface Scene {
  readonly zhipu: Zhipu;
  readonly hosts: string[];
  readonly opened: string[];
  readonly options: CommandOptions;
}

/** A stand-in of the plan, and a browser. */
export function scene(): Scene {
  const zhipu = makeZhipu();
  const hosts: string[] = [];
  const opened: string[] = [];
  return {
    zhipu,
    hosts,
    opened,
    options: {
      upstream({ url, method, headers }: Sent) {
        hosts.push(url.host);
        return zhipu.answer(new Request(url, { method, headers }));
      },
      openBrowser(url) {
        opened.push(url);
        return Promise.resolve(true);
      },
    },
  };
}

/** Logs in with this key, typed or from stdin. */
export function logIn(
  line: CommandLine,
  { options }: Scene,
  key: string,
  args: string[] = [],
  more: CommandOptions = {},
): Promise<Result> {
  const end = more.isTerminal === true ? "\r" : "\n";
  return line.run(["login", ID, ...args], { ...options, stdin: [key + end], ...more });
}

/** The opened login. */
export function kept({ home }: CommandLine): Promise<string | undefined> {
  return stored(home, "login", ID);
}
