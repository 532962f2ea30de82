import { hkdfSync } from "node:crypto";
import type { HttpServer, Listener, ListenOptions, StopSignal, System } from "../../lib/system.ts";

/** The moment at which a fake system starts. */
export const START_TIME = Date.UTC(2027, 0, 2, 3, 4, 5);

/** How a fake system differs from an empty one without a terminal. */
export interface FakeOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What `read` gives, piece by piece. */
  readonly stdin?: readonly (string | Uint8Array)[];
  /** Whether `read` never resolves once the pieces are used up, as at a terminal where nobody types. */
  readonly staysOpen?: boolean;
  readonly isTerminal?: boolean;
  /** Called by `serve` and `listen`. */
  readonly onServe?: (options: ListenOptions) => void;
  /** Called before a text is written to stdout. */
  readonly onOut?: (text: string) => void;
  /** Called before a text is written to stderr. */
  readonly onErr?: (text: string, system: FakeSystem) => void;
}

/** A system without a machine: it records what is written and does only what the test makes it do. */
export interface FakeSystem extends System {
  readonly stdout: string;
  readonly stderr: string;
  /** Every value that `setRaw` was called with. */
  readonly raw: readonly boolean[];
  /** The handlers of signals that are registered now. */
  readonly listeners: number;
  /** What `now` gives. */
  time: number;
  raise(signal: StopSignal): void;
}

/** Makes a fake system. */
export function fakeSystem(options: FakeOptions = {}): FakeSystem {
  const { env = {}, stdin = [], isTerminal = false } = options;
  const encoder = new TextEncoder();
  const pieces = stdin.map((piece) => typeof piece === "string" ? encoder.encode(piece) : piece);
  const handlers = new Set<readonly [readonly StopSignal[], (signal: StopSignal) => void]>();
  const written = { out: "", err: "" };
  const raw: boolean[] = [];
  const system: FakeSystem = {
    terminal: {
      stdin: { isTerminal },
      stdout: { isTerminal },
      stderr: { isTerminal },
      out(text) {
        options.onOut?.(text);
        written.out += text;
        return Promise.resolve();
      },
      err(text) {
        options.onErr?.(text, system);
        written.err += text;
        return Promise.resolve();
      },
      read() {
        const piece = pieces.shift();
        if (piece === undefined && options.staysOpen) return new Promise(() => {});
        return Promise.resolve(piece ?? null);
      },
      columns: () => isTerminal ? 80 : undefined,
      setRaw: (on) => raw.push(on),
    },
    time: START_TIME,
    now: () => system.time,
    // A pause for the eye is over at once, anything longer never.
    sleep: (milliseconds) => milliseconds < 100 ? Promise.resolve() : new Promise(() => {}),
    random: countingRandom(),
    env: (name) => env[name] || undefined,
    platform: "Deno 1.2.3, testos",
    pid: 4711,
    serve(listenOptions): HttpServer {
      options.onServe?.(listenOptions);
      const finished = new Promise<void>(() => {});
      const port = listenOptions.port || 45678;
      return { port, finished, shutdown: () => Promise.resolve() };
    },
    listen(listenOptions): Listener {
      options.onServe?.(listenOptions);
      const closed = Promise.withResolvers<never>();
      return {
        port: listenOptions.port || 45678,
        accept: () => closed.promise,
        close: () => closed.reject(new Error("closed")),
      };
    },
    spareDescriptors: (most) => most,
    connectTls: () => Promise.reject(new Error("nothing is connected to")),
    connect: () => Promise.reject(new Error("nothing listens there")),
    fetch: () => Promise.reject(new Error("nothing is fetched")),
    openBrowser: () => Promise.resolve(false),
    onSignals(signals, handler) {
      const entry = [signals, handler] as const;
      handlers.add(entry);
      return () => handlers.delete(entry);
    },
    raise(signal) {
      for (const [signals, handler] of handlers) if (signals.includes(signal)) handler(signal);
    },
    raw,
    get stdout() {
      return written.out;
    },
    get stderr() {
      return written.err;
    },
    get listeners() {
      return handlers.size;
    },
  };
  return system;
}

/** Bytes that look random, never repeat, and are the same in every run. */
export function countingRandom(): (length: number) => Uint8Array<ArrayBuffer> {
  let count = 0;
  return (length) => new Uint8Array(hkdfSync("sha256", "fake", `${count++}`, "", length));
}
