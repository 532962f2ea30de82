import assert from "node:assert/strict";
import type { ByteStream } from "../../../lib/http/byte_stream.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import type { Answer } from "../../../lib/http/message.ts";
import { ACCEPT_PAUSE, Server } from "../../../lib/http/server.ts";
import { HEAD_TIME, IDLE_TIME } from "../../../lib/http/server_connection.ts";
import { SWEEP_TIME } from "../../../lib/http/sweeper.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { ScriptedStream } from "../../support/scripted_stream.ts";

const GET = "GET /a HTTP/1.1\r\nhost: h\r\n\r\n";
const EMPTY: Answer = { status: 204, reason: "", headers: new FieldList(), body: null };

/** A server whose clients a test lets come. */
function setUp(handle: () => Promise<Answer> = () => Promise.resolve(EMPTY)) {
  const clock = new FakeClock();
  const told = { troubles: 0, accepts: 0, closes: 0, draining: false, room: Infinity };
  let next = Promise.withResolvers<ByteStream>();
  const acceptor = {
    accept() {
      told.accepts++;
      return next.promise;
    },
    close() {
      told.closes++;
      next.promise.catch(() => {});
      next.reject(new Error("closed"));
    },
  };
  const server = new Server(acceptor, {
    now: clock.now,
    sleep: clock.sleep,
    handle: async () => ({ answer: await handle(), ended() {} }),
    refuse: ({ status }) => ({ answer: { ...EMPTY, status }, ended() {} }),
    isDraining: () => told.draining,
    onTrouble: () => void told.troubles++,
    hasRoom: (open) => open < told.room,
    shed: () => ({ answer: { ...EMPTY, status: 503 }, ended() {} }),
  });
  async function arrive(outcome: (arrival: PromiseWithResolvers<ByteStream>) => void): Promise<void> {
    const arrival = next;
    next = Promise.withResolvers();
    outcome(arrival);
    await settle();
  }
  return {
    clock,
    told,
    server,
    running: server.run(),
    async connect(...pieces: string[]): Promise<ScriptedStream> {
      const stream = new ScriptedStream(pieces, "wait");
      await arrive(({ resolve }) => resolve(stream));
      await settle();
      return stream;
    },
    fail: () => arrive(({ reject }) => reject(new Error("Too many open files"))),
  };
}

Deno.test("Server serves many connections at a time, none waiting for another", async () => {
  const { connect, told } = setUp();
  const silent = await connect();
  const half = await connect("GET /");
  const busy = await connect(GET);
  assert.match(busy.written, /^HTTP\/1\.1 204 /);
  assert.deepEqual([silent.written, half.written, told.accepts], ["", "", 4]);
});

Deno.test("Server closes the oldest connection that does nothing when there is no room", async () => {
  const { connect, told } = setUp(() => new Promise(() => {}));
  told.room = 3;
  const busy = await connect(GET);
  const [silent, half] = [await connect(), await connect("GET /")];
  const late = await connect();
  assert.deepEqual([busy, silent, half, late].map(({ isClosed }) => isClosed), [false, true, false, false]);
  await connect();
  assert.deepEqual([busy, half, late].map(({ isClosed }) => isClosed), [false, true, false]);
});

Deno.test("Server says that there is no room when all are busy, but not to any number", async () => {
  const { connect, told } = setUp(() => new Promise(() => {}));
  told.room = 2;
  const busy = [await connect(GET), await connect(GET)];
  const late = await connect(GET);
  assert.match(late.written, /^HTTP\/1\.1 503 [^]*connection: close\r\n/);
  const silent = [];
  for (let i = 0; i < 20; i++) silent.push(await connect());
  assert.equal(silent.filter(({ isClosed }) => !isClosed).length, 16);
  assert.deepEqual(busy.map(({ written, isClosed }) => [written, isClosed]), [["", false], ["", false]]);
});

Deno.test("Server rests after a connection could not be taken, says so once, and goes on", async () => {
  const { connect, fail, told, clock } = setUp();
  for (let count = 1; count <= 5; count++) {
    await fail();
    assert.deepEqual([told.accepts, told.troubles], [count, 1]);
    await clock.advance(ACCEPT_PAUSE - 1);
    assert.equal(told.accepts, count);
    await clock.advance(1);
    assert.equal(told.accepts, count + 1);
  }
  assert.match((await connect(GET)).written, /^HTTP\/1\.1 204 /);
  await fail();
  assert.equal(told.troubles, 2);
});

Deno.test("close() ends connections that have nothing to do, and lets the others finish", async () => {
  const answered = Promise.withResolvers<Answer>();
  const { connect, server, told, running } = setUp(() => answered.promise);
  const silent = await connect();
  const half = await connect("GET / HTTP/1.1\r\n");
  const busy = await connect(GET);
  told.draining = true;
  server.close();
  await running;
  assert.deepEqual([silent, half, busy].map(({ isClosed }) => isClosed), [true, true, false]);
  assert.deepEqual([silent.written, half.written], ["", ""]);
  answered.resolve(EMPTY);
  await settle();
  assert.match(busy.written, /^HTTP\/1\.1 204 [^]*\r\nconnection: close\r\n\r\n$/);
  assert.ok(busy.isClosed);
  assert.deepEqual([told.closes, told.troubles], [1, 0]);
});

Deno.test("close() ends a connection that is idle behind an answer", async () => {
  const { connect, server } = setUp();
  const stream = await connect(GET, GET);
  assert.equal(stream.written.match(/204/g)!.length, 2);
  assert.equal(stream.isClosed, false);
  server.close();
  assert.ok(stream.isClosed);
});

Deno.test("close() during the rest after a failure ends the server, without another try", async () => {
  const { fail, server, told, clock, running } = setUp();
  await fail();
  server.close();
  await clock.advance(ACCEPT_PAUSE);
  await running;
  assert.deepEqual([told.accepts, told.troubles], [1, 1]);
});

const TIMES: [what: string, pieces: readonly string[], limit: number][] = [
  ["says nothing", [], HEAD_TIME],
  ["never ends its head", ["GET / HTTP/1.1\r\nx: "], HEAD_TIME],
  ["sends empty lines only", ["\r\n\r\n\r\n"], HEAD_TIME],
  ["sends nothing more behind an answer", [GET], IDLE_TIME],
  ["never ends its second head", [`${GET}GET /`], HEAD_TIME],
];

Deno.test("Server closes the connection of a client in its time that", async (t) => {
  for (const [what, pieces, limit] of TIMES) {
    await t.step(what, async () => {
      const { connect, clock } = setUp();
      const stream = await connect(...pieces);
      await clock.advance(limit - SWEEP_TIME);
      assert.equal(stream.isClosed, false);
      await clock.advance(2 * SWEEP_TIME);
      assert.ok(stream.isClosed);
      await clock.advance(SWEEP_TIME);
      assert.equal(clock.sleeping, 0);
    });
  }
  await t.step("not while it waits for its answer", async () => {
    const { connect, clock } = setUp(() => new Promise(() => {}));
    const stream = await connect(GET);
    await clock.advance(2 * IDLE_TIME);
    assert.equal(stream.isClosed, false);
  });
  await t.step("drips its head", async () => {
    const { connect, clock } = setUp();
    const stream = await connect("GET / HTTP/1.1\r\n");
    for (let second = 0; second <= HEAD_TIME / 1000; second++) {
      stream.send("x: y\r\n");
      await clock.advance(1000);
    }
    assert.ok(stream.isClosed);
  });
});
