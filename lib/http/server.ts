import type { ByteStream } from "./byte_stream.ts";
import { ServerConnection } from "./server_connection.ts";
import type { Reply, ServerRequest, Service } from "./service.ts";
import { Sweeper } from "./sweeper.ts";

/** The pause after a connection could not be taken, in milliseconds. */
export const ACCEPT_PAUSE = 100;

/** How many connections for which there is no room are told so at a time; further ones are closed. */
const MAX_SHED = 16;

/** What takes connections. */
export interface Acceptor {
  /** The next connection. Rejects when there can be none now. */
  accept(): Promise<ByteStream>;
  close(): void;
}

/** What a server is made of. */
export interface HttpServerOptions extends Service {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Is called when a connection could not be taken, once until one can be again. */
  onTrouble(): void;
  /** Whether another connection can be served beside so many. */
  hasRoom(open: number): boolean;
  /** Answers a request for which there is no room. */
  shed(request: ServerRequest): Reply;
}

/** An HTTP/1.1 server (RFC 9112). */
export class Server {
  readonly #acceptor: Acceptor;
  readonly #options: HttpServerOptions;
  readonly #sweeper: Sweeper;
  readonly #connections = new Set<ServerConnection>();
  readonly #shed = new Set<ServerConnection>();
  readonly #shedding: Service;
  #isClosed = false;

  constructor(acceptor: Acceptor, options: HttpServerOptions) {
    this.#acceptor = acceptor;
    this.#options = options;
    this.#sweeper = new Sweeper(options);
    const handle = (request: ServerRequest) => Promise.resolve(options.shed(request));
    this.#shedding = { handle, refuse: options.refuse, isDraining: () => true };
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
    for (const connection of [...this.#connections, ...this.#shed]) connection.closeIdle();
  }

  async #serve(stream: ByteStream): Promise<void> {
    const hasRoom = this.#options.hasRoom(this.#connections.size) || this.#evict();
    if (!hasRoom && this.#shed.size === MAX_SHED) return stream.close();
    const connections = hasRoom ? this.#connections : this.#shed;
    const connection = new ServerConnection(stream, this.#sweeper, hasRoom ? this.#options : this.#shedding);
    connections.add(connection);
    this.#sweeper.add(connection);
    await connection.run();
    connections.delete(connection);
    this.#sweeper.remove(connection);
  }

  /** Makes room by closing the oldest connection that has nothing to do, if there is one. */
  #evict(): boolean {
    for (const connection of this.#connections) {
      if (!connection.isIdle) continue;
      this.#connections.delete(connection);
      connection.close();
      return true;
    }
    return false;
  }
}
