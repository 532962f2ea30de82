import assert from "node:assert/strict";
import { listen } from "../../../lib/oauth/listener.ts";
import type { ListenOptions } from "../../../lib/system.ts";
import { isSettled } from "../../support/fake_callback.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { fails } from "../../support/failure.ts";

/** A server as the listener starts it. */
interface Started {
  readonly address: string;
  readonly handler: (request: Request) => Promise<Response>;
  isClosed: boolean;
}

/** What the runtime throws, by its name. */
function failure(name: string): Error {
  return Object.assign(new Error(`${name} (os error 98)`), { name });
}

/** A machine on which some addresses can't be listened on. */
function machine(
  troubles: Readonly<Record<string, string>>,
  shutdown: () => Promise<void> = () => Promise.resolve(),
) {
  const started: Started[] = [];
  const clock = new FakeClock();
  const serve = ({ hostname, port }: ListenOptions, handler: Started["handler"]) => {
    const address = `${hostname} ${port}`;
    const trouble = troubles[address] ?? troubles[hostname];
    if (trouble !== undefined) throw failure(trouble);
    const server: Started = { address, handler, isClosed: false };
    started.push(server);
    return {
      port,
      finished: new Promise<void>(() => {}),
      shutdown() {
        server.isClosed = true;
        return shutdown();
      },
    };
  };
  const made: number[] = [];
  const start = () =>
    listen(
      { serve, sleep: clock.sleep },
      [1455, 1457],
      (port) => {
        made.push(port);
        return { handle: (_: Request) => Promise.resolve(new Response(`port ${port}`)) };
      },
      "use --device",
    );
  const open = () => started.filter(({ isClosed }) => !isClosed).map(({ address }) => address);
  return { start, started, clock, made, open };
}

const FIRST = ["127.0.0.1 1455", "::1 1455"];
const SECOND = ["127.0.0.1 1457", "::1 1457"];

const MACHINES: [what: string, troubles: Record<string, string>, open: string[]][] = [
  ["everything is free", {}, FIRST],
  ["there is no IPv6", { "::1": "AddrNotAvailable" }, ["127.0.0.1 1455"]],
  ["IPv6 is turned off", { "::1": "Uncategorized" }, ["127.0.0.1 1455"]],
  ["the first port is taken", { "127.0.0.1 1455": "AddrInUse", "::1 1455": "AddrInUse" }, SECOND],
  ["the first port is taken on IPv4 only", { "127.0.0.1 1455": "AddrInUse" }, SECOND],
  ["the first port is taken on IPv6 only", { "::1 1455": "AddrInUse" }, SECOND],
  ["Windows has reserved the first port", { "127.0.0.1 1455": "PermissionDenied" }, SECOND],
  [
    "the first port is taken, and there is no IPv6",
    { "127.0.0.1 1455": "AddrInUse", "::1": "AddrNotAvailable" },
    ["127.0.0.1 1457"],
  ],
];

Deno.test("listen() takes the first port that nobody else has on either address, when …", async (t) => {
  for (const [what, troubles, expected] of MACHINES) {
    await t.step(what, async () => {
      const { start, started, open, made } = machine(troubles);
      const { port, handler, close } = start();
      assert.deepEqual(open(), expected);
      assert.equal(String(port), expected[0]!.slice(-4));
      assert.equal(made.at(-1), port);
      const text = async (answer: Promise<Response>) => await (await answer).text();
      const request = new Request(`http://localhost:${port}/`);
      assert.equal(await text(handler.handle(request)), `port ${port}`);
      for (const server of started.filter(({ isClosed }) => !isClosed)) {
        assert.equal(await text(server.handler(request)), `port ${port}`);
      }
      await close();
      assert.deepEqual(open(), []);
    });
  }
});

const TAKEN: [what: string, troubles: Record<string, string>][] = [
  ["both ports", { "127.0.0.1": "AddrInUse", "::1": "AddrInUse" }],
  ["both on IPv4 only", { "127.0.0.1": "AddrInUse" }],
  ["both on IPv6 only", { "::1": "AddrInUse" }],
  ["one on IPv4, one on IPv6", { "127.0.0.1 1455": "AddrInUse", "::1 1457": "AddrInUse" }],
  ["reserved ones", { "127.0.0.1": "PermissionDenied" }],
];

Deno.test("listen() fails and keeps nothing when others have …", async (t) => {
  for (const [what, troubles] of TAKEN) {
    await t.step(what, async () => {
      const { start, open } = machine(troubles);
      const { message, hint } = await fails("network_failed", start);
      assert.match(message, /^Cannot listen on localhost, port 1455 or 1457: other programs use them/);
      assert.equal(hint, "use --device");
      assert.deepEqual(open(), []);
    });
  }
});

Deno.test("close() lets the last answer be read, but waits for nobody longer than a second", async () => {
  const { start, clock, open } = machine({}, () => new Promise(() => {}));
  const closing = start().close();
  assert.deepEqual(open(), [], "the servers still accept");
  await clock.advance(999);
  assert.equal(await isSettled(closing), false);
  await clock.advance(1);
  assert.equal(await isSettled(closing), true);
});

Deno.test("close() waits for both servers", async () => {
  const first = Promise.withResolvers<void>();
  let count = 0;
  const { start } = machine({}, () => count++ === 0 ? first.promise : Promise.resolve());
  const closing = start().close();
  assert.equal(await isSettled(closing), false);
  first.resolve();
  assert.equal(await isSettled(closing), true);
});
