/** A clock that stands still until a test moves it. */
export class FakeClock {
  #now = Date.parse("2026-11-02T09:00:00.000Z");
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  readonly now = (): number => this.#now;

  readonly sleep = (milliseconds: number): Promise<void> =>
    new Promise((wake) => this.#sleepers.push({ until: this.#now + milliseconds, wake }));

  /** How many are asleep. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Moves time on and wakes whoever is due on the way, in order, also those that go to sleep again. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = Math.min(...this.#sleepers.map(({ until }) => until));
      if (next > end) break;
      this.#now = Math.max(this.#now, next);
      const due = this.#sleepers.filter(({ until }) => until <= this.#now);
      this.#sleepers = this.#sleepers.filter(({ until }) => until > this.#now);
      for (const { wake } of due) wake();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets every promise run that is ready to. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Lets everything run that waits for no time and no other process: promises, streams and timers that are due. */
export async function settleStreams(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve));
}
