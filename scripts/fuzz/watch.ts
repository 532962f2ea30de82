import type { Input } from "./target.ts";

/** An input that takes longer is a find, in milliseconds. */
export const PATIENCE = 2000;

/** How often it is looked, in milliseconds. */
const LOOK_TIME = 250;

/** Room for an input as JSON, in bytes. */
const ROOM = 8 << 20;

/** What a worker is to do. */
export interface Order {
  readonly target: string;
  readonly seed: number;
  readonly milliseconds: number;
  readonly memory: SharedArrayBuffer;
  readonly kept: readonly Input[];
  /** The address of the module with the targets. */
  readonly module: string;
}

/** What a worker tells. */
export type Report =
  | { readonly state: "done" }
  | { readonly state: "found"; readonly input: Input; readonly error: string }
  | { readonly state: "minimised"; readonly input: Input };

/** How a run ended. */
export interface Ended {
  /** How many inputs were tried, those of the minimising included. */
  readonly count: number;
  readonly find?: { readonly input: Input; readonly error: string };
}

/** What a worker does, seen from outside even while it is stuck. */
export class Progress {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8 + ROOM)) {
    this.memory = memory;
    this.#numbers = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, 8);
  }

  note(input: Input): void {
    const bytes = new TextEncoder().encode(JSON.stringify(input)).subarray(0, ROOM);
    this.#bytes.set(bytes);
    Atomics.store(this.#numbers, 1, bytes.length);
    Atomics.add(this.#numbers, 0, 1);
  }

  /** How many inputs were begun. */
  get count(): number {
    return Atomics.load(this.#numbers, 0);
  }

  /** The one that was begun last. */
  get input(): Input {
    return JSON.parse(new TextDecoder().decode(this.#bytes.slice(0, Atomics.load(this.#numbers, 1))));
  }
}

/** Runs a target in a worker, and ends it when an input takes too long. */
export async function watch(order: Omit<Order, "memory">): Promise<Ended> {
  const progress = new Progress();
  const worker = new Worker(import.meta.resolve("./worker.ts"), { type: "module" });
  const over = Promise.withResolvers<Ended["find"]>();
  let find: Ended["find"];
  worker.addEventListener("message", ({ data }: MessageEvent<Report>) => {
    if (data.state === "found") find = data;
    else over.resolve(data.state === "minimised" ? { ...find!, input: data.input } : undefined);
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    over.resolve({ input: progress.count > 0 ? progress.input : [], error: event.message });
  });
  worker.postMessage({ ...order, memory: progress.memory });
  const timer = setInterval(
    stuck(progress, () => {
      over.resolve(
        find ?? { input: progress.input, error: `It takes longer than ${PATIENCE / 1000} seconds` },
      );
    }),
    LOOK_TIME,
  );
  const ended = await over.promise;
  clearInterval(timer);
  worker.terminate();
  return { count: progress.count, ...ended !== undefined && { find: ended } };
}

function stuck(progress: Progress, onStuck: () => void): () => void {
  let [count, since] = [0, Date.now()];
  return () => {
    if (progress.count !== count || count === 0) [count, since] = [progress.count, Date.now()];
    else if (Date.now() - since >= PATIENCE) onStuck();
  };
}
