import { within } from "./within.ts";

/** An event of the page. */
export interface PageEvent {
  readonly method: string;
  // deno-lint-ignore no-explicit-any -- as the protocol says for each method
  readonly params: any;
}

/** The Chrome DevTools Protocol: https://chromedevtools.github.io/devtools-protocol/ */
export interface DevTools {
  // deno-lint-ignore no-explicit-any -- as the protocol says for each method
  send(method: string, params?: Record<string, unknown>): Promise<any>;
  /** Called with every event of the page. */
  onEvent: (event: PageEvent) => void;
  close(): void;
}

/** Connects to a browser, and attaches to its one page. */
export async function connect(address: string, limit: number): Promise<DevTools> {
  const socket = new WebSocket(address);
  const open = Promise.withResolvers<void>();
  const answers = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  let session: string | undefined = undefined;

  socket.onopen = () => open.resolve();
  socket.onerror = () => open.reject(new Error("there is no connection to the browser"));
  socket.onclose = () => {
    for (const answer of answers.values()) answer.reject(new Error("the browser has ended"));
    answers.clear();
  };
  socket.onmessage = ({ data }) => {
    const { id, error, result, method, params } = JSON.parse(data);
    if (id === undefined) return devtools.onEvent({ method, params });
    const answer = answers.get(id);
    answers.delete(id);
    if (error === undefined) answer?.resolve(result);
    else answer?.reject(new Error(error.message));
  };

  const devtools: DevTools = {
    onEvent() {},
    async send(method, params = {}) {
      if (socket.readyState !== WebSocket.OPEN) throw new Error("the browser has ended");
      const id = ++last;
      const answer = Promise.withResolvers<unknown>();
      answers.set(id, answer);
      const own = method.startsWith("Browser.") || session === undefined ? {} : { sessionId: session };
      socket.send(JSON.stringify({ id, method, params, ...own }));
      return await within(limit, answer.promise, () => `${method} was not answered within ${limit} ms`);
    },
    close: () => socket.close(),
  };
  await within(limit, open.promise, () => `no connection to the browser within ${limit} ms`);
  const { targetInfos } = await devtools.send("Target.getTargets");
  const { targetId } = targetInfos.find(({ type }: { type: string }) => type === "page");
  session = (await devtools.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
  return devtools;
}
