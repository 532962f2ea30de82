import { join } from "node:path";
import { within } from "./browser/within.ts";
import { makeCertificates } from "./certificates.ts";
import { type Box, makeBox, type Proxy } from "./program.ts";
import { canaryKey } from "./scene.ts";

/** How long anything may take, in milliseconds. */
const LIMIT = 20_000;

/** One connection that the proxy made to the provider. */
export interface Upstream {
  /** Resolves with all that has arrived, as Latin-1, once it matches. */
  received(pattern: RegExp): Promise<string>;
  send(text: string): Promise<void>;
  close(): void;
  /** Resolves when the proxy has closed it. */
  readonly ended: Promise<void>;
}

/** A proxy, and a provider whose every byte a test decides. */
export interface RawScene extends AsyncDisposable {
  readonly proxy: Proxy;
  readonly box: Box;
  readonly token: string;
  /** Resolves with the next connection that the proxy makes. */
  next(): Promise<Upstream>;
  /** How many it has made. */
  readonly count: number;
  /** Calls `/openai/…` with the token. */
  call(path: string, init?: RequestInit): Promise<Response>;
}

/** Starts both, under the real host name. Addresses before the provider's own are resolved first. */
export async function startRawScene(before: readonly string[] = []): Promise<RawScene> {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  const host = "api.openai.com";
  const { authority, certificate: cert, key } = await makeCertificates(folder, [host]);
  const { listener, address } = listenSomewhere(cert, key);
  const hostsFile = join(folder, "hosts");
  const lines = [...before, address].map((one) => `${one} ${host}\n`);
  await Deno.writeTextFile(hostsFile, `127.0.0.1 localhost\n${lines.join("")}`);
  const box = await makeBox({ hostsFile, authority }, folder);
  await box.run(["providers", "set", "openai"], { stdin: canaryKey("openai") + "\n" });
  const proxy = await box.start();
  const env = await box.run(["env", "--shell", "json", "--provider", "openai"]);
  const token: string = JSON.parse(env.stdout).OPENAI_API_KEY;
  const connections: Upstream[] = [];
  const waiting: ((upstream: Upstream) => void)[] = [];
  let count = 0;
  const accepting = (async () => {
    for await (const connection of listener) {
      count++;
      const upstream = overBytes(connection);
      const taker = waiting.shift();
      if (taker === undefined) connections.push(upstream);
      else taker(upstream);
    }
  })().catch(() => {});
  return {
    proxy,
    box,
    token,
    next() {
      const there = connections.shift();
      if (there !== undefined) return Promise.resolve(there);
      return within(LIMIT, new Promise((resolve) => waiting.push(resolve)), () => "no connection came");
    },
    get count() {
      return count;
    },
    call(path, init = {}) {
      return fetch(`${proxy.url}/openai${path}`, {
        ...init,
        headers: { authorization: `Bearer ${token}`, ...init.headers },
      });
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      listener.close();
      await accepting;
      await box[Symbol.asyncDispose]();
    },
  };
}

/** Either end of a connection, of which a test decides every byte. */
export function overBytes(connection: Deno.Conn): Upstream {
  let text = "";
  let changed = Promise.withResolvers<void>();
  let isOver = false;
  const ended = (async () => {
    const buffer = new Uint8Array(65_536);
    try {
      for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
        for (const byte of buffer.subarray(0, count)) text += String.fromCharCode(byte);
        changed.resolve();
        changed = Promise.withResolvers();
      }
    } catch {
      // Cut off.
    }
    isOver = true;
    changed.resolve();
  })();
  return {
    async received(pattern) {
      while (!pattern.test(text)) {
        if (isOver) throw new Error(`it ended before ${pattern}: ${text}`);
        await within(LIMIT, changed.promise, () => `nothing matched ${pattern}: ${text}`);
      }
      return text;
    },
    async send(piece) {
      const bytes = Uint8Array.from(piece, (char) => char.charCodeAt(0));
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    },
    close() {
      try {
        connection.close();
      } catch {
        // Closed already.
      }
    },
    get ended() {
      return within(LIMIT, ended, () => "the connection was not closed");
    },
  };
}

function listenSomewhere(cert: string, key: string): { listener: Deno.TlsListener; address: string } {
  for (;;) {
    const [a, b, c] = crypto.getRandomValues(new Uint8Array(3));
    const address = `127.${64 + a! % 128}.${b}.${c}`;
    try {
      return { listener: Deno.listenTls({ hostname: address, port: 443, cert, key }), address };
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
