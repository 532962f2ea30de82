/**
 * The upstream of long uploads: reads a body of known length to its end, and answers then.
 *
 *   sink_server.ts <certificate> <key>
 */
const [certificate, key] = Deno.args;
const ANSWER = new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");

async function serve(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(131_072);
  try {
    for (;;) {
      let head = "";
      while (!head.includes("\r\n\r\n")) {
        const length = await connection.read(buffer);
        if (length === null) return;
        head += new TextDecoder("latin1").decode(buffer.subarray(0, length));
      }
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      let left = length - (head.length - head.indexOf("\r\n\r\n") - 4);
      while (left > 0) {
        const count = await connection.read(buffer);
        if (count === null) return;
        left -= count;
      }
      await connection.write(ANSWER);
    }
  } catch {
    // The other side is gone.
  } finally {
    connection.close();
  }
}

const listener = Deno.listenTls({
  hostname: "127.0.0.1",
  port: 443,
  cert: await Deno.readTextFile(certificate!),
  key: await Deno.readTextFile(key!),
});
for await (const connection of listener) serve(connection);
