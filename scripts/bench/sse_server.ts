/**
 * The upstream of the streams: answers every request with events that never end, five a second on each, spread evenly.
 * An event holds its number and the time at which it was written.
 *
 *   sse_server.ts <certificate> <key>
 */
const PERIOD = 200;
const TICK = 2;

const [certificate, key] = Deno.args;
const HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
const encoder = new TextEncoder();

interface Stream {
  readonly connection: Deno.Conn;
  count: number;
}

/** The streams by the turn in which they get their events. */
const turns: Set<Stream>[] = Array.from({ length: PERIOD / TICK }, () => new Set());
let opened = 0;

async function serve(connection: Deno.Conn): Promise<void> {
  const turn = turns[opened++ * 37 % turns.length]!;
  const stream: Stream = { connection, count: 0 };
  try {
    const buffer = new Uint8Array(8192);
    await connection.read(buffer);
    await connection.write(encoder.encode(HEAD));
    turn.add(stream);
    while (await connection.read(buffer) !== null);
  } catch {
    // The other side is gone.
  } finally {
    turn.delete(stream);
    connection.close();
  }
}

let at = 0;
let due = performance.now();
setInterval(() => {
  for (const now = performance.now(); due <= now; due += TICK) {
    for (const stream of turns[at++ % turns.length]!) {
      const time = (performance.timeOrigin + performance.now()).toFixed(3);
      const event = `data: {"n":${stream.count++},"t":${time}}\n\n`;
      const chunk = `${event.length.toString(16)}\r\n${event}\r\n`;
      stream.connection.write(encoder.encode(chunk)).catch(() => {});
    }
  }
}, TICK);

const listener = Deno.listenTls({
  hostname: "127.0.0.1",
  port: 443,
  cert: await Deno.readTextFile(certificate!),
  key: await Deno.readTextFile(key!),
});
for await (const connection of listener) serve(connection);
