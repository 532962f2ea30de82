import type { System } from "../system.ts";
import { Refusal } from "./refusal.ts";

/** The most connections of clients at a time, each with one of a provider. */
export const MAX_CONNECTIONS = 1200;

/** So many connections are served before anything is counted: they fit into the lowest usual limit, 256. */
const SAFE = 32;

/** Descriptors that stay free: for the vault, logins, programs, what is shed, and unused connections to providers. */
const RESERVE = 48;

/** Of the connections, what one client leaves to others. */
const FOR_OTHERS = 1 / 8;

/**
 * How much can be done at a time. The system's limit of open descriptors can't be asked for, so they are counted, once,
 * when it begins to matter.
 */
export class Capacity {
  readonly #system: Pick<System, "spareDescriptors">;
  readonly #running = new Map<string, number>();
  #most: number | undefined;

  constructor(system: Pick<System, "spareDescriptors">) {
    this.#system = system;
  }

  /** Whether another connection of a client can be served beside so many. */
  hasRoom(open: number): boolean {
    return open < SAFE || open < (this.#most ??= this.#measure(open));
  }

  /**
   * Counts a request of a client.
   *
   * @returns to be called when it has ended
   * @throws {Refusal} `too_many_requests`
   */
  enter(client: string): () => void {
    const running = this.#running.get(client) ?? 0;
    const most = this.#most ?? MAX_CONNECTIONS;
    if (running >= Math.ceil(most * (1 - FOR_OTHERS))) {
      throw new Refusal(
        "too_many_requests",
        `"${client}" has ${running} requests running`,
        "try again later",
      );
    }
    this.#running.set(client, running + 1);
    return () => {
      const left = this.#running.get(client)! - 1;
      if (left === 0) this.#running.delete(client);
      else this.#running.set(client, left);
    };
  }

  /** Those that are open may each need one to a provider, further ones two. */
  #measure(open: number): number {
    const spare = this.#system.spareDescriptors(2 * MAX_CONNECTIONS + RESERVE);
    const further = Math.floor((spare - open - RESERVE) / 2);
    return Math.min(MAX_CONNECTIONS, Math.max(SAFE, open + further));
  }
}
