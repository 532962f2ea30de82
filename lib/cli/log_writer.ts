import type { System } from "../system.ts";

/** The pause between two writes, in milliseconds. */
const PAUSE = 20;

/** How much may wait for a slow reader, in characters. */
const MAX_WAITING = 1 << 20;

/**
 * Writes lines to stderr in batches and in order: the first at once, those of the next moment together. A reader that
 * stopped reading costs lines, not memory.
 */
export class LogWriter {
  readonly #system: Pick<System, "sleep" | "terminal">;
  readonly #onDropped: (count: number) => void;
  #waiting = "";
  #dropped = 0;
  #isRunning = false;
  #last = Promise.resolve();

  /** @param onDropped is told how many lines are missing where it may write of them */
  constructor(system: Pick<System, "sleep" | "terminal">, onDropped: (count: number) => void) {
    this.#system = system;
    this.#onDropped = onDropped;
  }

  /** Takes a line, with its end. */
  write(line: string): void {
    if (this.#waiting.length + line.length > MAX_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting += line;
    if (!this.#isRunning) this.#run();
  }

  /** Writes what waits, without a pause. */
  flush(): Promise<void> {
    return this.#last = this.#last.then(() => this.#writeBatch());
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting !== "") {
      await this.flush();
      await this.#system.sleep(PAUSE);
    }
    this.#isRunning = false;
  }

  async #writeBatch(): Promise<void> {
    const [batch, dropped] = [this.#waiting, this.#dropped];
    this.#waiting = "";
    this.#dropped = 0;
    if (dropped > 0) this.#onDropped(dropped);
    await this.#system.terminal.err(batch);
  }
}
