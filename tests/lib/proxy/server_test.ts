import assert from "node:assert/strict";
import { Credentials } from "../../../lib/proxy/credentials.ts";
import { FLUSH_TIME, runProxy } from "../../../lib/proxy/server.ts";
import type { HttpServer, ListenOptions, StopSignal } from "../../../lib/system.ts";
import { settle } from "../../support/fake_clock.ts";
import { fakeSystem } from "../../support/fake_system.ts";
import { fails } from "../../support/failure.ts";
import { makeVaultBox, NO_RENEWAL } from "../../support/proxy_box.ts";

/** A listener that a test holds in its hands. */
interface Listener {
  readonly options: ListenOptions;
  readonly handler: (request: Request) => Promise<Response>;
  die(): void;
}

/** Runs the proxy on made-up listeners and a clock that stands still. */
function setUp(refuse: (attempt: number) => Error | undefined = () => undefined) {
  const box = makeVaultBox();
  const fake = fakeSystem();
  const listeners: Listener[] = [];
  const events: string[] = [];
  let attempts = 0;
  const system = {
    ...fake,
    now: box.clock.now,
    sleep: box.clock.sleep,
    serve(options: ListenOptions, handler: Listener["handler"]): HttpServer {
      const error = refuse(++attempts);
      if (error !== undefined) throw error;
      const finished = Promise.withResolvers<void>();
      listeners.push({ options, handler, die: () => finished.reject(new Error("of the test")) });
      // As with half a request on a connection, the server itself never gets to an end.
      return {
        port: options.port || 45678,
        finished: finished.promise,
        shutdown: () => new Promise(() => {}),
      };
    },
  };
  const ended = runProxy({
    host: "127.0.0.1",
    port: 0,
    allowHosts: [],
    version: "1.2.3",
    system,
    log: { request() {}, event: (level, message) => events.push(`${level}: ${message}`) },
    upstream: () => new Promise(() => {}),
    baseOf: ({ base }) => base,
    credentials: new Credentials(box.vault, NO_RENEWAL, box.clock),
    onListening: () => Promise.resolve(),
  });
  const health = (listener: Listener) =>
    listener.handler(new Request("http://127.0.0.1:45678/health", { headers: { host: "127.0.0.1:45678" } }));
  return {
    clock: box.clock,
    listeners,
    events,
    ended,
    health,
    raise: (signal: StopSignal) => fake.raise(signal),
    [Symbol.dispose]: () => box[Symbol.dispose](),
  };
}

/** Begins a request that does not end, because its body is never read. */
async function beginRequest(box: ReturnType<typeof setUp>): Promise<Response> {
  const request = { method: "GET", url: "http://127.0.0.1:45678/x", signal: new AbortController().signal };
  const headers = new Headers({ host: "127.0.0.1:45678" });
  return await box.listeners[0]!.handler({ ...request, headers } as Request);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`runProxy() ends at ${signal} when nothing runs, whatever connections there are`, async () => {
    using box = setUp();
    await settle();
    assert.equal((await box.health(box.listeners[0]!)).status, 200);
    box.raise(signal);
    await settle();
    await box.clock.advance(FLUSH_TIME);
    assert.equal(await box.ended, true);
  });
}

Deno.test("runProxy() counts a refused request as ended", async () => {
  using box = setUp();
  await settle();
  assert.equal((await beginRequest(box)).status, 401);
  box.raise("SIGTERM");
  await settle();
  await box.clock.advance(FLUSH_TIME);
  assert.equal(await box.ended, true);
});

Deno.test("runProxy() starts a listener that died again, on the same port", async () => {
  using box = setUp((attempt) => attempt === 2 ? new Error("still no descriptors") : undefined);
  await settle();
  box.listeners[0]!.die();
  await settle();
  assert.equal(box.listeners.length, 1);
  await box.clock.advance(2000);
  assert.deepEqual(box.listeners.map(({ options }) => options.port), [0, 45678]);
  assert.equal((await box.health(box.listeners[1]!)).status, 200);
  assert.deepEqual(box.events.filter((event) => event.startsWith("error")).length, 2);
  box.raise("SIGTERM");
  await settle();
  await box.clock.advance(FLUSH_TIME);
  assert.equal(await box.ended, true);
});

Deno.test("runProxy() says why it can't listen", async (t) => {
  const inUse = Object.assign(new Error("x"), { name: "AddrInUse" });
  for (
    const [error, says] of [[inUse, /another program uses the port/], [new Error("x"), /refused/]] as const
  ) {
    await t.step(says.source, async () => {
      using box = setUp(() => error);
      const { message, hint } = await fails("network_failed", () => box.ended);
      assert.match(message, says);
      assert.match(hint!, /--port/);
    });
  }
});
