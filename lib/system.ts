import type { ByteStream } from "./http/byte_stream.ts";

/** The person's side of a command. */
export interface Terminal {
  readonly stdin: { readonly isTerminal: boolean };
  readonly stdout: { readonly isTerminal: boolean };
  readonly stderr: { readonly isTerminal: boolean };
  /** Writes the answer of the command to stdout; a closed pipe is no error. @throws {AppError} `usage` */
  out(text: string): Promise<void>;
  /** Writes everything that is not the answer to stderr. Never rejects. */
  err(text: string): Promise<void>;
  /** The next bytes of stdin; `null` at its end. */
  read(): Promise<Uint8Array | null>;
  /** How many characters fit beside each other; `undefined` where nobody looks. */
  columns(): number | undefined;
  /** Turns echo and line editing of the terminal off or on; Ctrl-C then arrives as a byte. */
  setRaw(raw: boolean): void;
}

/** Files in PEM with a server's certificate and its private key. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** How to listen. */
export interface ListenOptions {
  /** A host name or an address. */
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Over TLS, with these. */
  readonly tls?: TlsFiles | undefined;
}

/** An HTTP server that is listening. */
export interface HttpServer {
  /** The port it really listens on. */
  readonly port: number;
  /** Resolves when it has stopped; rejects when the listener died. */
  readonly finished: Promise<void>;
  /** Stops accepting and resolves when the last running request is done. */
  shutdown(): Promise<void>;
}

/** A socket that takes connections. */
export interface Listener {
  /** The port it really listens on. */
  readonly port: number;
  /** The next connection. Rejects when there can be none now, such as for want of descriptors. */
  accept(): Promise<ByteStream>;
  /** Takes no more. */
  close(): void;
}

/** A request, as `fetch` takes it. Redirects are handed back. */
export interface FetchOptions {
  readonly method: "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly redirect: "manual";
  readonly signal: AbortSignal;
}

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/**
 * What lib/ may use of the machine it runs on. The real one is made in backends/system.ts, and tests
 * pass their own: time, chance, the network and the terminal are arguments.
 */
export interface System {
  readonly terminal: Terminal;
  /** Milliseconds since 1970 began. */
  now(): number;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
  /** Bytes from the operating system's generator. */
  random(length: number): Uint8Array<ArrayBuffer>;
  /** An environment variable; `undefined` when it is unset or empty. */
  env(name: string): string | undefined;
  /** The runtime, the operating system and the processor, for people. */
  readonly platform: string;
  /** This process's id. */
  readonly pid: number;
  /** Starts an HTTP server. Throws what the runtime throws, such as `Deno.errors.AddrInUse`. */
  serve(options: Omit<ListenOptions, "tls">, handler: (request: Request) => Promise<Response>): HttpServer;
  /**
   * Listens for connections. Throws what the runtime throws, such as `Deno.errors.AddrInUse`.
   *
   * @throws {AppError} `usage` when the files for TLS can't be used
   */
  listen(options: ListenOptions): Listener;
  /**
   * Connects to port 443 of a host over TLS, and resolves when its certificate is proven. Rejects with what the runtime
   * throws.
   */
  connectTls(host: string): Promise<ByteStream>;
  /** Connects to a port of this machine, on 127.0.0.1. Rejects with what the runtime throws. */
  connect(port: number): Promise<ByteStream>;
  /** How many more files and sockets this process may open, counted up to `most`. */
  spareDescriptors(most: number): number;
  /** Sends a request. Rejects with what the runtime throws. */
  fetch(url: string, options: FetchOptions): Promise<Response>;
  /** Opens a page in the user's browser; whether that seems to have worked. */
  openBrowser(url: string): Promise<boolean>;
  /** Calls `handler` at every such signal, until the returned function is called. */
  onSignals(signals: readonly StopSignal[], handler: (signal: StopSignal) => void): () => void;
}
