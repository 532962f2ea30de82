import type { ByteStream } from "./byte_stream.ts";
import { ServerConnection, type ServerOptions } from "./server_connection.ts";
import { Sweeper } from "./sweeper.ts";

/** The pause after a connection could not be taken, in milliseconds. */
export const ACCEPT_PAUSE = 100;

/** What takes connections. */
export interface Acceptor {
  /** The next connection. Rejects when there can be none now. */
  accept(): Promise<ByteStream>;
  close(): void;
}

/** What a server is made of. */
export interface HttpServerOptions extends ServerOptions {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Is called when a connection could not be taken, once until one can be again. */
  onTrouble(): void;
}

/** An HTTP/1.1 server (RFC 9112). */
export class Server {
  readonly #acceptor: Acceptor;
  readonly #options: HttpServerOptions;
  readonly #sweeper: Sweeper;
  readonly #connections = new Set<ServerConnection>();
  #isClosed = false;

  constructor(acceptor: Acceptor, options: HttpServerOptions) {
    this.#acceptor = acceptor;
    this.#options = options;
    this.#sweeper = new Sweeper(options);
  }

  /** Takes connections until it is closed. */
  async run(): Promise<void> {
    for (let isWell = true; !this.#isClosed;) {
      try {
        this.#serve(await this.#acceptor.accept());
        isWell = true;
      } catch {
        if (this.#isClosed) return;
        if (isWell) this.#options.onTrouble();
        isWell = false;
        await this.#options.sleep(ACCEPT_PAUSE);
      }
    }
  }

  /** Takes no more connections, and closes those that have nothing to do. */
  close(): void {
    this.#isClosed = true;
    this.#acceptor.close();
    for (const connection of this.#connections) connection.closeIdle();
  }

  async #serve(stream: ByteStream): Promise<void> {
    const connection = new ServerConnection(stream, this.#sweeper, this.#options);
    this.#connections.add(connection);
    this.#sweeper.add(connection);
    await connection.run();
    this.#connections.delete(connection);
    this.#sweeper.remove(connection);
  }
}
