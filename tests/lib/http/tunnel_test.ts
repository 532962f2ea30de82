import assert from "node:assert/strict";
import { FramedBody } from "../../../lib/http/body.ts";
import { WriteError } from "../../../lib/http/byte_stream.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import { Reader } from "../../../lib/http/reader.ts";
import { IDLE_TIME, LINGER_TIME, ServerConnection } from "../../../lib/http/server_connection.ts";
import { passOn } from "../../../lib/http/tunnel.ts";
import { settleStreams } from "../../support/fake_clock.ts";
import { ScriptedStream } from "../../support/scripted_stream.ts";

const GET = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
const refuse = () => assert.fail("it is a request");

/** A client whose connection has become a tunnel to the other stream. */
async function tunnel(client: ScriptedStream, other: ScriptedStream) {
  const clock = { now: 1000 };
  const ends: string[] = [];
  const body = new FramedBody(new Reader(other), "until_close", () => other.close());
  const answer = { status: 101, reason: "", headers: new FieldList(), body, upload: other };
  const connection = new ServerConnection(client, clock, {
    handle: () => Promise.resolve({ answer, ended: ({ bytes, end }) => ends.push(`${bytes} ${end}`) }),
    refuse,
    isDraining: () => false,
  });
  connection.run();
  await settleStreams();
  return { clock, connection, ends };
}

Deno.test("passOn() gives every byte, says that the sender has ended, and ends its own side", async () => {
  const to = new ScriptedStream([]);
  const told: unknown[] = [];
  await passOn(
    new Reader(new ScriptedStream(["ab", "c", "\x00\xff"])),
    to,
    (waiting) => told.push(waiting),
    () => told.push(to.written),
  );
  assert.deepEqual([to.written, to.isHalfClosed], ["abc\x00\xff", true]);
  assert.deepEqual(told, [true, false, true, false, true, false, "abc\x00\xff"]);
});

Deno.test("passOn() tells a side that takes no more from one that fails to send", async () => {
  const closed = new ScriptedStream([]);
  closed.close();
  const nothing = () => {};
  await assert.rejects(passOn(new Reader(new ScriptedStream(["a"])), closed, nothing, nothing), WriteError);
  const failing = new Reader(new ScriptedStream(["a"], "fail"));
  await assert.rejects(passOn(failing, new ScriptedStream([]), nothing, refuse), /^Error: reset$/);
});

Deno.test("a tunnel passes on what came before it and behind it, both ways", async () => {
  const [client, other] = [
    new ScriptedStream([GET + "early"], "wait"),
    new ScriptedStream(["hello"], "wait"),
  ];
  await tunnel(client, other);
  client.send("late");
  other.send("world");
  await settleStreams();
  assert.equal(other.written, "earlylate");
  assert.match(client.written, /^HTTP\/1\.1 101 Switching Protocols\r\n\r\nhelloworld$/);
});

Deno.test("a tunnel has no pause that is too long, but a side that takes nothing is given up", async () => {
  const [client, other] = [new ScriptedStream([GET], "wait"), new ScriptedStream([], "wait")];
  const { clock, connection, ends } = await tunnel(client, other);
  assert.ok(connection.deadline > clock.now + 60 * IDLE_TIME);
  other.write = () => new Promise(() => {});
  client.send("x");
  await settleStreams();
  assert.equal(connection.deadline, clock.now + IDLE_TIME);
  connection.expire();
  await settleStreams();
  assert.deepEqual([client.isClosed, other.isClosed, ends], [true, true, ["0 client_gone"]]);
});

Deno.test("a tunnel whose client has ended waits for the other side, but not for long", async () => {
  const [client, other] = [new ScriptedStream([GET, "bye"]), new ScriptedStream([], "wait")];
  const { clock, connection } = await tunnel(client, other);
  assert.deepEqual([other.written, other.isHalfClosed, other.isClosed], ["bye", true, false]);
  assert.equal(connection.deadline, clock.now + LINGER_TIME);
  other.send("last words");
  await settleStreams();
  assert.match(client.written, /last words$/);
  connection.expire();
  await settleStreams();
  assert.deepEqual([client.isClosed, other.isClosed], [true, true]);
});

Deno.test("a tunnel whose client is reset closes the other side at once", async () => {
  const [client, other] = [new ScriptedStream([GET, "x"], "fail"), new ScriptedStream([], "wait")];
  await tunnel(client, other);
  assert.deepEqual([client.isClosed, other.isClosed], [true, true]);
});
