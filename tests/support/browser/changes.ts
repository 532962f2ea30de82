import type { DevTools } from "./devtools.ts";
import { within } from "./within.ts";

/** Lets tests wait until something about the page is so. */
export interface Changes {
  /** Looks at every change. Resolves with what `check` makes of what `look` sees, once that is not null. */
  until<Seen, Result>(
    what: string,
    look: () => Promise<Seen>,
    check: (seen: Seen) => Result | null | Promise<Result | null>,
    limit?: number,
  ): Promise<Result>;
  /** Whether a navigation has ended, and the page that it came to, or one after it, is loaded. */
  loaded(loaderId: string): boolean;
}

const WORLD = "tests";
/** Runs in every document, in a world of its own, so that the page's own scripts see nothing of it. */
const WATCH = `new MutationObserver(() => changed("")).observe(document, {
  attributes: true, characterData: true, childList: true, subtree: true,
})`;

/** Starts to watch the page. */
export async function changes(devtools: DevTools, usualLimit: number): Promise<Changes> {
  let changed = Promise.withResolvers<void>();
  const begun = new Set<string>();
  let current = { loaderId: "", loaded: false };

  devtools.onEvent = ({ method, params }) => {
    if (method === "Page.frameNavigated" && params.frame.parentId === undefined) {
      begun.add(params.frame.loaderId);
      current = { loaderId: params.frame.loaderId, loaded: false };
    }
    if (method === "Page.lifecycleEvent" && params.name === "load" && params.loaderId === current.loaderId) {
      current.loaded = true;
    }
    changed.resolve();
    changed = Promise.withResolvers();
  };
  await devtools.send("Page.enable");
  await devtools.send("Page.setLifecycleEventsEnabled", { enabled: true });
  await devtools.send("Runtime.enable");
  await devtools.send("Runtime.addBinding", { name: "changed", executionContextName: WORLD });
  await devtools.send("Page.addScriptToEvaluateOnNewDocument", { source: WATCH, worldName: WORLD });

  return {
    loaded: (loaderId) => begun.has(loaderId) && current.loaded,
    async until<Seen, Result>(
      what: string,
      look: () => Promise<Seen>,
      check: (seen: Seen) => Result | null | Promise<Result | null>,
      limit: number = usualLimit,
    ) {
      const deadline = Date.now() + limit;
      for (;;) {
        const change = changed.promise;
        const seen = await look().catch(between);
        const result = seen === undefined ? null : await Promise.resolve(check(seen)).catch(between) ?? null;
        if (result !== null) return result;
        const left = Math.max(0, deadline - Date.now());
        await within(
          left,
          change,
          () => `${what} did not come within ${limit} ms: there is ${JSON.stringify(seen)}`,
        );
      }
    },
  };
}

/** A page that is just being left can't be looked at: the next one will say that it is there. */
function between(error: Error): undefined {
  if (!/context|navigated|not attached|Cannot find/i.test(error.message)) throw error;
}
