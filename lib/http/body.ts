import { ChunkedDecoder } from "./chunked.ts";
import type { Framing } from "./framing.ts";
import { ProtocolError } from "./protocol_error.ts";
import type { Reader } from "./reader.ts";

/** The content of a message, read piece by piece. */
export interface Body {
  /** How many bytes there are in all, where that is known before. */
  readonly length: number | undefined;
  /** Whether all of it has been read. */
  readonly done: boolean;
  /**
   * The next piece if it is in hand, else `undefined`. Pieces are good until the next call of this or
   * {@linkcode Body.read}. Throws as that rejects.
   */
  take(): Uint8Array | undefined;
  /** The next piece, once it is there; `undefined` at the end. Rejects when the body breaks off. */
  read(): Promise<Uint8Array | undefined>;
  /** Nothing more of it is wanted. */
  cancel(): void;
}

/** A body that is in hand. */
export class BytesBody implements Body {
  readonly length: number;
  #parts: readonly Uint8Array[];

  constructor(...parts: readonly Uint8Array[]) {
    this.#parts = parts.filter(({ length }) => length > 0);
    this.length = parts.reduce((sum, { length }) => sum + length, 0);
  }

  get done(): boolean {
    return this.#parts.length === 0;
  }

  take(): Uint8Array | undefined {
    const [first, ...others] = this.#parts;
    this.#parts = others;
    return first;
  }

  read(): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.take());
  }

  cancel(): void {
    this.#parts = [];
  }
}

/** What holds for one body in particular. */
export interface BodyLimits {
  /** The most bytes of it. */
  readonly most: number;
  /** Is called when it has to be waited for, and when something of it has come. */
  onWait(waiting: boolean): void;
}

const UNLIMITED: BodyLimits = { most: Infinity, onWait() {} };

/** The body of a message that comes over a connection. */
export class FramedBody implements Body {
  readonly length: number | undefined;
  readonly #reader: Reader;
  readonly #chunks: ChunkedDecoder | undefined;
  readonly #onEnd: (isWhole: boolean) => void;
  readonly #limits: BodyLimits;
  /** What is left of a body whose length is known. */
  #left: number;
  #done: boolean;
  #isOver = false;
  /** Why it can't be read on: nobody may begin again behind what was malformed. */
  #refusal: ProtocolError | undefined;

  /**
   * @param onEnd is called once, when the reader has taken all of it and needs no piece of it any more, or when the
   *   rest is not wanted
   */
  constructor(
    reader: Reader,
    framing: Framing,
    onEnd: (isWhole: boolean) => void,
    limits: BodyLimits = UNLIMITED,
  ) {
    this.#reader = reader;
    this.#onEnd = onEnd;
    this.#limits = limits;
    this.#chunks = framing === "chunked" ? new ChunkedDecoder() : undefined;
    this.length = typeof framing === "number" ? framing : undefined;
    this.#left = this.length ?? limits.most;
    this.#done = framing === 0;
    if (this.#left > limits.most) this.#refusal = tooLong();
  }

  get done(): boolean {
    return this.#done;
  }

  /** Why nothing can be read of it any more, and nothing can follow it. */
  get refusal(): ProtocolError | undefined {
    return this.#refusal;
  }

  take(): Uint8Array | undefined {
    if (this.#refusal !== undefined) throw this.#refusal;
    while (!this.#done && this.#reader.length > 0) {
      const part = this.#chunks === undefined ? this.#plain() : this.#decoded(this.#chunks);
      if (part.length > 0) return part;
    }
    if (this.#done) this.#over(true);
    return undefined;
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const part = this.take();
      if (part !== undefined || this.#done) return part;
      this.#reader.reuse();
      this.#limits.onWait(true);
      const more = await this.#reader.fill();
      this.#limits.onWait(false);
      if (!more) this.#cutOff();
    }
  }

  cancel(): void {
    this.#over(false);
  }

  #over(isWhole: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(isWhole);
  }

  #plain(): Uint8Array {
    const part = this.#reader.take(Math.min(this.#left, this.#reader.length));
    this.#left -= part.length;
    if (this.#left === 0) this.#done = true;
    return part;
  }

  #decoded(chunks: ChunkedDecoder): Uint8Array {
    const bytes = this.#reader.view();
    try {
      const { data, used } = chunks.decode(bytes);
      this.#reader.take(used);
      this.#left -= data;
      if (this.#left < 0) throw tooLong();
      if (chunks.done) this.#done = true;
      return bytes.subarray(0, data);
    } catch (error) {
      this.#refusal = error as ProtocolError;
      throw error;
    }
  }

  /** The other side has ended, which is the end of the body only where nothing else says where that is. */
  #cutOff(): void {
    if (this.length !== undefined || this.#chunks !== undefined) {
      throw new ProtocolError("The message breaks off in its body");
    }
    this.#done = true;
  }
}

function tooLong(): ProtocolError {
  return new ProtocolError("The body is longer than is taken", 413);
}
