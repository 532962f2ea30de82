import { connect, type DevTools } from "./browser/devtools.ts";
import { BROWSER, browserArgs } from "./browser/flags.ts";
import { followPage, type Page } from "./browser/page.ts";
import { within } from "./browser/within.ts";
import { transcribe } from "./transcript.ts";

/** How the browser begins. */
export interface BrowserOptions {
  /**
   * The address of each host name, such as `127.65.1.2` or `127.0.0.1:8443`. Loopback addresses and
   * `localhost` are what they are. No other name is known.
   */
  readonly resolve: Readonly<Record<string, string>>;
  /** A folder for all of its files. */
  readonly profileFolder: string;
  /** How long each wait may take, in milliseconds, before it fails; 20 seconds if not given. */
  readonly limit?: number;
}

/** A real browser, with one page. Whatever waits, waits for an event, and fails at the limit. */
export interface Browser extends Page, AsyncDisposable {
  readonly pid: number;
}

/** Starts Chromium without a window. */
export async function startBrowser(
  { resolve, profileFolder, limit = 20_000 }: BrowserOptions,
): Promise<Browser> {
  const child = new Deno.Command(BROWSER, {
    args: browserArgs(resolve, profileFolder),
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin", HOME: profileFolder, TMPDIR: profileFolder },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = transcribe(child.stderr);
  // Its helper processes hold stderr open too, so this is the end of all.
  const ended = Promise.all([child.status, log.ended]);

  async function end(devtools?: DevTools): Promise<void> {
    try {
      devtools?.send("Browser.close").catch(() => {});
      if (devtools === undefined) child.kill("SIGKILL");
      await within(limit, ended, () => `the browser did not end within ${limit} ms`);
    } catch (error) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await child.status;
      throw error;
    } finally {
      devtools?.close();
    }
  }

  let devtools: DevTools | undefined;
  try {
    const listens = log.matches(/DevTools listening on (ws:\S+)\n/);
    const [, address] = await within(
      limit,
      listens,
      () => `the browser did not start within ${limit} ms: ${log.text()}`,
    );
    devtools = await connect(address!, limit);
    const page = await followPage(devtools, limit);
    return { pid: child.pid, ...page, [Symbol.asyncDispose]: () => end(devtools) };
  } catch (error) {
    await end(devtools);
    throw error;
  }
}
