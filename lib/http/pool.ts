import type { ByteStream } from "./byte_stream.ts";
import { ClientConnection } from "./client_connection.ts";
import { Sweeper } from "./sweeper.ts";

/** How long an unused connection is kept, in milliseconds: less than the minute after which load balancers close. */
export const IDLE_TIME = 50_000;

/** How many unused connections to one host are kept. */
export const MAX_IDLE = 64;

/** What a pool needs of the outside world. */
export interface PoolSystem {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** The connections to servers, by host. One that has been used is taken again, the latest first. */
export class Pool {
  readonly #connect: (host: string) => Promise<ByteStream>;
  readonly #idle = new Map<string, ClientConnection[]>();
  readonly #sweeper: Sweeper;

  /** @param connect opens a connection to a host, on which nothing has been sent yet */
  constructor(system: PoolSystem, connect: (host: string) => Promise<ByteStream>) {
    this.#connect = connect;
    this.#sweeper = new Sweeper(system);
  }

  /** A connection that has been used before, if there is one. */
  reuse(host: string): ClientConnection | undefined {
    return this.#idle.get(host)?.pop();
  }

  /** A new connection. Rejects as `connect` does. */
  async open(host: string): Promise<ClientConnection> {
    const stream = await this.#connect(host);
    const onFree = (free: ClientConnection) => this.#keep(host, free);
    const onClose = (closed: ClientConnection) => this.#forget(host, closed);
    const connection = new ClientConnection(stream, onFree, onClose, this.#sweeper);
    this.#sweeper.add(connection);
    return connection;
  }

  /** Closes all connections that are not used. */
  closeIdle(): void {
    for (const idle of this.#idle.values()) while (idle.length > 0) idle.pop()!.close();
  }

  #keep(host: string, connection: ClientConnection): void {
    let idle = this.#idle.get(host);
    if (idle === undefined) this.#idle.set(host, idle = []);
    if (idle.length === MAX_IDLE) return connection.close();
    idle.push(connection);
    connection.idle(this.#sweeper.now + IDLE_TIME);
  }

  #forget(host: string, connection: ClientConnection): void {
    this.#sweeper.remove(connection);
    const idle = this.#idle.get(host) ?? [];
    const at = idle.indexOf(connection);
    if (at >= 0) idle.splice(at, 1);
  }
}
