import type { Body } from "./body.ts";
import { ProtocolError } from "./protocol_error.ts";

/** The body of a message that the runtime's `fetch` received. */
export class StreamBody implements Body {
  readonly length: number | undefined;
  #done = false;
  #isCancelled = false;
  #count = 0;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, length: number | undefined) {
    this.length = length;
    this.#reader = stream.getReader();
  }

  get done(): boolean {
    return this.#done;
  }

  take(): undefined {}

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { value, done } = await this.#reader.read();
      if (done) return this.#end();
      this.#count += value.length;
      if (value.length > 0) return value;
    }
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#reader.cancel().catch(() => {});
  }

  /** A stream that was cancelled ends as one that is whole does. */
  #end(): undefined {
    const isWhole = !this.#isCancelled && (this.length === undefined || this.#count === this.length);
    if (!isWhole) throw new ProtocolError("The message breaks off in its body");
    this.#done = true;
  }
}

/** A body as `fetch` takes it. Its pieces are copied, since they are good for a moment only. */
export function streamOf(body: Body): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const part = await body.read();
      if (part === undefined) controller.close();
      else controller.enqueue(part.slice());
    },
    cancel: () => body.cancel(),
  }, { highWaterMark: 0 });
}
