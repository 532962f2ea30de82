import assert from "node:assert/strict";
import type { ClientConnection } from "../../../lib/http/client_connection.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import { IDLE_TIME, MAX_IDLE, Pool } from "../../../lib/http/pool.ts";
import { SWEEP_TIME } from "../../../lib/http/sweeper.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { ScriptedStream } from "../../support/scripted_stream.ts";

const EMPTY = "HTTP/1.1 204 No Content\r\n\r\n";

/** A pool over connections that a test scripts; the streams are recorded in their order. */
function setUp() {
  const clock = new FakeClock();
  const streams: ScriptedStream[] = [];
  const hosts: string[] = [];
  const pool = new Pool(clock, (host) => {
    hosts.push(host);
    streams.push(new ScriptedStream([], "wait"));
    return Promise.resolve(streams.at(-1)!);
  });
  return { clock, pool, streams, hosts };
}

/** Lets a connection serve a request, behind which it is idle. */
async function use(connection: ClientConnection, stream: ScriptedStream, answer = EMPTY): Promise<void> {
  const request = {
    method: "GET",
    target: "/",
    host: "h",
    headers: new FieldList(),
    lines: new Uint8Array(),
    upgrade: false,
    body: null,
  };
  const answered = connection.exchange(request);
  await settle();
  stream.send(answer);
  await answered;
  await settle();
}

Deno.test("Pool gives no connection that has not served a request", async () => {
  const { pool, hosts } = setUp();
  assert.equal(pool.reuse("a"), undefined);
  await pool.open("a");
  assert.equal(pool.reuse("a"), undefined);
  assert.deepEqual(hosts, ["a"]);
});

Deno.test("Pool gives the latest connection first, each to one user, and none of another host", async () => {
  const { pool, streams } = setUp();
  const opened: ClientConnection[] = [];
  for (const host of ["a", "a", "b", "a"]) opened.push(await pool.open(host));
  for (const at of [1, 0, 2, 3]) await use(opened[at]!, streams[at]!);
  assert.equal(pool.reuse("c"), undefined);
  assert.equal(pool.reuse("A"), undefined);
  assert.equal(pool.reuse("a"), opened[3]);
  assert.equal(pool.reuse("a"), opened[0]);
  assert.equal(pool.reuse("a"), opened[1]);
  assert.equal(pool.reuse("a"), undefined);
  assert.equal(pool.reuse("b"), opened[2]);
  assert.equal(pool.reuse("b"), undefined);
});

Deno.test("Pool forgets a connection that is closed while idle", async (t) => {
  const ways: [what: string, close: (connection: ClientConnection, stream: ScriptedStream) => void][] = [
    ["by us", (connection) => connection.close()],
    ["by a byte", (_, stream) => stream.send("x")],
    ["by an answer that nobody asked for", (_, stream) => stream.send(EMPTY)],
    ["by its end", (_, stream) => stream.close()],
  ];
  for (const [what, close] of ways) {
    await t.step(what, async () => {
      const { pool, streams } = setUp();
      const opened = [await pool.open("a"), await pool.open("a"), await pool.open("a")];
      for (const at of [0, 1, 2]) await use(opened[at]!, streams[at]!);
      close(opened[1]!, streams[1]!);
      await settle();
      assert.ok(streams[1]!.isClosed);
      assert.deepEqual([pool.reuse("a"), pool.reuse("a"), pool.reuse("a")], [
        opened[2],
        opened[0],
        undefined,
      ]);
    });
  }
});

Deno.test("Pool does not take a connection that its answer ends", async (t) => {
  const answers = [
    "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
    "HTTP/1.0 204 No Content\r\n\r\n",
    `${EMPTY}x`,
    EMPTY + EMPTY,
  ];
  for (const answer of answers) {
    await t.step(JSON.stringify(answer), async () => {
      const { pool, streams } = setUp();
      await use(await pool.open("a"), streams[0]!, answer);
      assert.equal(pool.reuse("a"), undefined);
      assert.ok(streams[0]!.isClosed);
    });
  }
});

Deno.test("Pool keeps so many connections of each host", async () => {
  const { pool, streams } = setUp();
  const opened: ClientConnection[] = [];
  for (let i = 0; i < MAX_IDLE + 2; i++) opened.push(await pool.open("a"));
  const other = await pool.open("b");
  for (const [at, connection] of [...opened, other].entries()) await use(connection, streams[at]!);
  assert.deepEqual(streams.flatMap(({ isClosed }, at) => isClosed ? [at] : []), [MAX_IDLE, MAX_IDLE + 1]);
  assert.equal(pool.reuse("b"), other);
});

Deno.test("Pool closes a connection when it has been idle too long, and none that is in use", async () => {
  const { pool, streams, clock } = setUp();
  const opened = [await pool.open("a"), await pool.open("a"), await pool.open("a")];
  await use(opened[0]!, streams[0]!);
  await clock.advance(10 * SWEEP_TIME);
  await use(opened[1]!, streams[1]!);
  await clock.advance(IDLE_TIME - 11 * SWEEP_TIME);
  assert.deepEqual(streams.map(({ isClosed }) => isClosed), [false, false, false]);
  await clock.advance(2 * SWEEP_TIME);
  assert.deepEqual(streams.map(({ isClosed }) => isClosed), [true, false, false]);
  assert.equal(pool.reuse("a"), opened[1]);
  assert.equal(pool.reuse("a"), undefined);
  opened[1]!.deadline = Infinity;
  await clock.advance(10 * IDLE_TIME);
  assert.deepEqual(streams.map(({ isClosed }) => isClosed), [true, false, false]);
});

Deno.test("Pool does not watch the time when it has no connection", async () => {
  const { pool, clock } = setUp();
  assert.equal(clock.sleeping, 0);
  const connection = await pool.open("a");
  assert.equal(clock.sleeping, 1);
  connection.close();
  await clock.advance(SWEEP_TIME);
  assert.equal(clock.sleeping, 0);
});

Deno.test("open() rejects as connect does, and leaves nothing behind", async () => {
  const clock = new FakeClock();
  const failure = new Error("unreachable");
  const pool = new Pool(clock, () => Promise.reject(failure));
  await assert.rejects(pool.open("a"), failure);
  assert.equal(pool.reuse("a"), undefined);
  assert.equal(clock.sleeping, 0);
});
