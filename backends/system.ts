import { AppError } from "../lib/errors.ts";
import { openBrowser } from "./browser.ts";
import { listen } from "./listen.ts";
import { spareDescriptors } from "./descriptors.ts";
import type { ByteStream } from "../lib/http/byte_stream.ts";
import type { System, Terminal } from "../lib/system.ts";

/** The real terminal of this process. */
function terminal(): Terminal {
  const encoder = new TextEncoder();
  async function write(stream: { write(bytes: Uint8Array): Promise<number> }, text: string) {
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
  }
  return {
    stdin: { isTerminal: Deno.stdin.isTerminal() },
    stdout: { isTerminal: Deno.stdout.isTerminal() },
    stderr: { isTerminal: Deno.stderr.isTerminal() },
    out: (text) => write(Deno.stdout, text).catch(refuseOutput),
    // Nobody may be reading; that is no reason to fail.
    err: (text) => write(Deno.stderr, text).catch(() => {}),
    async read() {
      const bytes = new Uint8Array(4096);
      const count = await Deno.stdin.read(bytes).catch(refuseInput);
      return count === null ? null : bytes.subarray(0, count);
    },
    columns,
    setRaw: (raw) => Deno.stdin.setRaw(raw),
  };
}

/** The runtime opens a terminal once more, by its name, to be able to wait for it. */
function refuseInput(error: unknown): never {
  if (!(error instanceof Deno.errors.WouldBlock)) throw error;
  const hint = "let /dev into the sandbox (bwrap: --dev /dev), or pass the input in through a pipe";
  throw new AppError("usage", "Cannot read from the terminal: its device in /dev is not there", hint);
}

function columns(): number | undefined {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return undefined;
  }
}

/** A reader that has seen enough is no error; a full disk is. */
function refuseOutput(error: unknown): void {
  if (error instanceof Deno.errors.BrokenPipe) return;
  throw new AppError("usage", "Cannot write the answer to stdout", "the command itself was carried out");
}

/** How long a connection may take to be made, and then the TLS handshake, in milliseconds. */
const CONNECT_TIME = 3000;
const HANDSHAKE_TIME = 10_000;

async function connectTls(hostname: string): Promise<ByteStream> {
  const signal = AbortSignal.timeout(CONNECT_TIME);
  const plain = await Deno.connect({ hostname, port: 443, signal });
  plain.setNoDelay();
  const secure = await Deno.startTls(plain, { hostname, alpnProtocols: ["http/1.1"] });
  const timer = setTimeout(() => secure.close(), HANDSHAKE_TIME);
  try {
    await secure.handshake();
    return secure;
  } catch (error) {
    secure.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The real machine, as lib/ may use it. */
export function realSystem(): System {
  return {
    terminal: terminal(),
    now: () => Date.now(),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    env: (name) => Deno.env.get(name) || undefined,
    platform: `Deno ${Deno.version.deno}, ${Deno.build.os} ${Deno.build.arch}`,
    pid: Deno.pid,
    serve({ hostname, port }, handler) {
      const server = Deno.serve({ hostname, port, onListen() {} }, handler);
      return {
        port: server.addr.port,
        finished: server.finished,
        shutdown: () => server.shutdown(),
      };
    },
    listen,
    connectTls,
    connect: (port) =>
      Deno.connect({ hostname: "127.0.0.1", port, signal: AbortSignal.timeout(CONNECT_TIME) }),
    spareDescriptors,
    fetch: (url, options) => fetch(url, options),
    openBrowser: (url) => openBrowser(url, Deno.build.os, (name) => Deno.env.get(name)),
    onSignals(signals, handler) {
      const listeners = signals.map((signal) => [signal, () => handler(signal)] as const);
      for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
      return () => {
        for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
      };
    },
  };
}
