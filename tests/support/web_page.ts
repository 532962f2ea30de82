import { rawRequest } from "./raw.ts";

/** A listener of which a browser gets a page. */
export interface WebPage extends AsyncDisposable {
  readonly port: number;
  /**
   * Sends the bytes of each new request to this port from now on, as if the name of the page pointed there: that is
   * what a rebound name does.
   */
  rebind(port: number): void;
}

const SCRIPT = await Deno.readTextFile(new URL("browser/attempts.js", import.meta.url));
const PAGE =
  `<!doctype html><title>page</title><link rel="icon" href="data:,"><body><script>${SCRIPT}</script>`;

/** Serves the page, in which `attemptAll(base, token)` can be called. Others may read it. */
export function serveWebPage(): WebPage {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let elsewhere: number | undefined = undefined;

  async function serve(connection: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    const count = await connection.read(buffer);
    if (count === null) return connection.close();
    if (elsewhere === undefined) {
      const fields = "content-type: text/html\r\naccess-control-allow-origin: *\r\nconnection: close\r\n";
      const length = `content-length: ${PAGE.length}\r\n`;
      await new Blob([`HTTP/1.1 200 OK\r\n${fields}${length}\r\n${PAGE}`]).stream().pipeTo(
        connection.writable,
      );
      return;
    }
    const proxy = await Deno.connect({ hostname: "127.0.0.1", port: elsewhere });
    await proxy.write(buffer.subarray(0, count));
    await Promise.all([
      connection.readable.pipeTo(proxy.writable),
      proxy.readable.pipeTo(connection.writable),
    ]);
  }

  const serving = (async () => {
    // A browser drops connections as it likes.
    for await (const connection of listener) serve(connection).catch(() => {});
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    rebind: (port) => void (elsewhere = port),
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

/** A server that refuses nothing: what any attempt there could read. */
export interface OpenServer extends AsyncDisposable {
  readonly origin: string;
}

/** Serves the page, and what it asks for. */
export function serveOpenly(): OpenServer {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    if (request.headers.get("upgrade") === "websocket") {
      const protocol = request.headers.get("sec-websocket-protocol")?.split(",")[0] ?? "";
      return Deno.upgradeWebSocket(request, { protocol }).response;
    }
    if (new URL(request.url).pathname !== "/") return temptingAnswer(request);
    return new Response(PAGE, { headers: { "content-type": "text/html" } });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => Promise.resolve(void server.shutdown()),
  };
}

/** What a provider answers here: whatever a page could get is of use to it. */
export function temptingAnswer({ url }: Request): Response {
  const [type, body] = TEMPTING[new URL(url).pathname.split("/").at(-1)!] ?? ["text/plain", "stolen"];
  const everybody = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
  return new Response(body, { headers: { "content-type": type, ...everybody } });
}

const TEMPTING: Readonly<Record<string, readonly [type: string, body: BodyInit]>> = {
  image: ["image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'],
  sound: ["audio/wav", wav()],
  script: ["text/javascript", "globalThis.postMessage('stolen')"],
  style: ["text/css", "body { color: red }"],
  page: ["text/html", "<body>stolen"],
  events: ["text/event-stream", "data: stolen\n\n"],
};

/** A tenth of a second of nothing: 8000 bytes a second, one byte a sample. */
function wav(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(44 + 800).fill(128);
  const view = new DataView(bytes.buffer);
  const text = (at: number, letters: string) => bytes.set(new TextEncoder().encode(letters), at);
  text(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  text(8, "WAVEfmt ");
  for (const [at, value] of [[16, 16], [24, 8000], [28, 8000], [40, 800]]) view.setUint32(at!, value!, true);
  for (const [at, value] of [[20, 1], [22, 1], [32, 1], [34, 8]]) view.setUint16(at!, value!, true);
  text(36, "data");
  return bytes;
}

/** A program's request, which is let in. */
export function programRequest(port: number, token: string): string {
  return rawRequest("GET /openai/v1/models", { host: `127.0.0.1:${port}`, "x-api-key": token });
}
