import assert from "node:assert/strict";
import { Credentials } from "../../../lib/proxy/credentials.ts";
import { DRAIN_TIMEOUT, runProxy } from "../../../lib/proxy/server.ts";
import type { ListenOptions, StopSignal } from "../../../lib/system.ts";
import { settle } from "../../support/fake_clock.ts";
import { fakeSystem } from "../../support/fake_system.ts";
import { fails } from "../../support/failure.ts";
import { makeVaultBox, NO_RENEWAL } from "../../support/proxy_box.ts";
import { ScriptedClient } from "../../support/scripted_client.ts";

/** Runs the proxy on a made-up listener and a clock that stands still. */
function setUp(refusal?: Error, port = 0, whose?: "ours" | "unknown") {
  const box = makeVaultBox();
  const fake = fakeSystem();
  const events: string[] = [];
  const arrivals: PromiseWithResolvers<ScriptedClient>[] = [Promise.withResolvers()];
  const listened: ListenOptions[] = [];
  const system = {
    ...fake,
    now: box.clock.now,
    sleep: box.clock.sleep,
    listen(options: ListenOptions) {
      if (refusal !== undefined) throw refusal;
      listened.push(options);
      return {
        port: 45678,
        accept: () => arrivals.at(-1)!.promise,
        close: () => arrivals.at(-1)!.reject(new Error("closed")),
      };
    },
  };
  const ended = runProxy({
    host: "127.0.0.1",
    port,
    whoseProxy: () => Promise.resolve(whose),
    allowHosts: [],
    version: "1.2.3",
    system,
    log: { notice() {}, request() {}, event: (level, message) => events.push(`${level}: ${message}`) },
    upstream: () => new Promise(() => {}),
    baseOf: ({ base }) => base,
    credentials: new Credentials(box.vault, NO_RENEWAL, box.clock),
    onListening: () => Promise.resolve(),
  });
  return {
    clock: box.clock,
    listened,
    events,
    ended,
    /** Lets a client connect that sends this. */
    async connect(text: string): Promise<ScriptedClient> {
      const client = new ScriptedClient();
      const arrival = arrivals.at(-1)!;
      arrivals.push(Promise.withResolvers());
      arrival.resolve(client);
      client.send(text);
      await settle();
      return client;
    },
    /** Lets the next connection fail. */
    fail(): void {
      const arrival = arrivals.at(-1)!;
      arrivals.push(Promise.withResolvers());
      arrival.reject(new Error("Too many open files"));
    },
    raise: (signal: StopSignal) => fake.raise(signal),
    [Symbol.dispose]: () => box[Symbol.dispose](),
  };
}

const HEALTH = "GET /health HTTP/1.1\r\nhost: 127.0.0.1:45678\r\n\r\n";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`runProxy() ends at ${signal} when nothing runs, whatever connections there are`, async () => {
    using box = setUp();
    await settle();
    const idle = await box.connect(HEALTH);
    assert.match(idle.received, /^HTTP\/1\.1 200 /);
    const half = await box.connect("GET /health HT");
    const silent = await box.connect("");
    box.raise(signal);
    assert.equal(await box.ended, true);
    assert.deepEqual(box.events, ["info: stopped"]);
    assert.deepEqual([idle, half, silent].map(({ isClosed }) => isClosed), [true, true, true]);
  });
}

Deno.test("runProxy() counts a refused request as ended", async () => {
  using box = setUp();
  await settle();
  const client = await box.connect(HEALTH.replace("/health", "/x"));
  assert.match(client.received, /^HTTP\/1\.1 401 /);
  box.raise("SIGTERM");
  assert.equal(await box.ended, true);
});

Deno.test("runProxy() waits for a client that does not take its answer, for half a minute", async (t) => {
  for (const second of [false, true]) {
    await t.step(second ? "or until a second signal" : "and no longer", async () => {
      using box = setUp();
      await settle();
      const slow = await box.connect("");
      slow.takes = false;
      slow.send(HEALTH);
      await settle();
      box.raise("SIGTERM");
      await settle();
      if (second) box.raise("SIGTERM");
      else await box.clock.advance(DRAIN_TIMEOUT);
      assert.equal(await box.ended, false);
      assert.deepEqual(box.events, [
        "info: waiting for 1 request to end; Ctrl-C again ends at once",
        "info: stopped",
      ]);
    });
  }
});

Deno.test("runProxy() goes on after a connection could not be taken, and says so once", async () => {
  using box = setUp();
  await settle();
  for (let i = 0; i < 3; i++) {
    box.fail();
    await settle();
    await box.clock.advance(1000);
  }
  assert.match((await box.connect(HEALTH)).received, /^HTTP\/1\.1 200 /);
  assert.equal(box.events.filter((event) => event.startsWith("error")).length, 1);
  box.raise("SIGTERM");
  assert.equal(await box.ended, true);
  assert.deepEqual(box.listened, [{ hostname: "127.0.0.1", port: 0, tls: undefined }]);
});

/** What the runtime says, whose proxy is there, and what is made of it. */
const REFUSALS: [
  name: string,
  port: number,
  whose: "ours" | "unknown" | undefined,
  says: RegExp,
  hint: RegExp,
][] = [
  [
    "AddrInUse",
    18900,
    undefined,
    /:18900: another program uses the port$/,
    /^stop that program; or .*--port 0$/,
  ],
  ["AddrInUse", 18900, "ours", /:18900: agentgazer runs there already$/, /^use that one: .*env/],
  ["AddrInUse", 18900, "unknown", /runs there already, perhaps for another vault$/, /^if it is yours: .*env/],
  ["AddrNotAvailable", 18900, "ours", /: this machine does not have that address$/, /--host 127\.0\.0\.1$/],
  ["PermissionDenied", 80, "ours", /:80: ports below 1024 need more rights$/, /--port 0$/],
  ["PermissionDenied", 18900, "ours", /: the system refused$/, /--port 0$/],
  ["Error", 80, "ours", /: the system refused$/, /--port 0$/],
];

Deno.test("runProxy() says why it can't listen", async (t) => {
  for (const [name, port, whose, says, helps] of REFUSALS) {
    await t.step(`${name} ${says.source}`, async () => {
      using box = setUp(Object.assign(new Error("x"), { name }), port, whose);
      const { message, hint } = await fails("network_failed", () => box.ended);
      assert.match(message, says);
      assert.match(hint!, helps);
    });
  }
});
