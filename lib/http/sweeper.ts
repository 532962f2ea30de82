/** What has to be done by a certain time. */
export interface Expiring {
  /** Milliseconds since 1970 began; `Infinity` for no end. May be changed at any time. */
  readonly deadline: number;
  /** Is called once the deadline is over, and again at every look until it is moved or removed. */
  expire(): void;
}

/** The time between two looks, in milliseconds: limits of seconds and minutes need no timer of their own. */
export const SWEEP_TIME = 1000;

/** Ends what takes too long. One timer serves any number of connections, and none runs when there are none. */
export class Sweeper {
  readonly #system: { now(): number; sleep(milliseconds: number): Promise<void> };
  readonly #items = new Set<Expiring>();
  #running = false;
  #now: number;

  constructor(system: { now(): number; sleep(milliseconds: number): Promise<void> }) {
    this.#system = system;
    this.#now = system.now();
  }

  /** The time of the last look: exact enough for deadlines, and free. */
  get now(): number {
    if (!this.#running) this.#now = this.#system.now();
    return this.#now;
  }

  add(item: Expiring): void {
    this.#items.add(item);
    if (!this.#running) this.#run();
  }

  remove(item: Expiring): void {
    this.#items.delete(item);
  }

  async #run(): Promise<void> {
    this.#now = this.#system.now();
    this.#running = true;
    while (this.#items.size > 0) {
      await this.#system.sleep(SWEEP_TIME);
      this.#now = this.#system.now();
      for (const item of this.#items) if (item.deadline <= this.#now) item.expire();
    }
    this.#running = false;
  }
}
