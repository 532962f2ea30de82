import type { ByteStream } from "./byte_stream.ts";
import { headEnd } from "./head.ts";
import { fromLatin1 } from "./latin1.ts";

/** The size of a buffer at first, and the one that it grows to while a long body passes, in bytes. */
const SMALL = 4096;
const LARGE = 131_072;

/** How many times larger the next buffer is. */
const GROWTH = 4;

/** Less room than this at the end of the buffer is not worth a read. */
const MIN_ROOM = 1024;

/**
 * Reads ahead from a connection. Bytes that were given out stay as they are until {@linkcode Reader.reuse}, so a
 * read may be under way while they are still being written somewhere else.
 */
export class Reader {
  readonly #stream: ByteStream;
  #buffer = new Uint8Array(SMALL);
  #begin = 0;
  #end = 0;
  #filling: Promise<boolean> | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** How many bytes are in hand. */
  get length(): number {
    return this.#end - this.#begin;
  }

  /** Whether the other side has sent all that it will. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The bytes in hand, to be looked at. */
  view(): Uint8Array {
    return this.#buffer.subarray(this.#begin, this.#end);
  }

  /** Takes bytes that are in hand. */
  take(count: number): Uint8Array {
    const bytes = this.#buffer.subarray(this.#begin, this.#begin + count);
    this.#begin += bytes.length;
    return bytes;
  }

  /** What was given out before is not needed any more. A buffer that was too small for what came is replaced. */
  reuse(): void {
    if (this.#begin < this.#end || this.#filling !== undefined) return;
    if (this.#end === this.#buffer.length && this.#end < LARGE) {
      this.#buffer = new Uint8Array(Math.min(this.#end * GROWTH, LARGE));
    }
    this.#begin = this.#end = 0;
  }

  /**
   * Reads more. While a read is under way there is no second one.
   *
   * @returns whether more came; not, when the other side has ended. Rejects with what the runtime throws.
   */
  fill(): Promise<boolean> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#ended) return ENDED;
    return this.#filling ??= this.#fill();
  }

  /**
   * Takes a whole head, if it is in hand.
   *
   * @throws {ProtocolError}
   */
  headInHand(seen = 0): string | undefined {
    const end = headEnd(this.view(), seen);
    return end > 0 ? fromLatin1(this.take(end)) : undefined;
  }

  /**
   * Reads a whole head.
   *
   * @returns `undefined` when the other side ends before
   * @throws {ProtocolError}
   */
  async head(): Promise<string | undefined> {
    for (let seen = 0;;) {
      const text = this.headInHand(seen);
      if (text !== undefined) return text;
      seen = this.length;
      if (!await this.fill()) return undefined;
    }
  }

  async #fill(): Promise<boolean> {
    if (this.#buffer.length - this.#end < MIN_ROOM) this.#makeRoom();
    let count: number | null = null;
    try {
      count = await this.#stream.read(this.#buffer.subarray(this.#end));
    } catch (error) {
      this.#failure = { error };
      throw error;
    } finally {
      this.#filling = undefined;
      if (count === null) this.#ended = true;
      else this.#end += count;
    }
    return count !== null;
  }

  /** In another buffer, since somebody may still use what was given out of this one. */
  #makeRoom(): void {
    const isCrowded = this.length + MIN_ROOM > this.#buffer.length / 2;
    const buffer = new Uint8Array(this.#buffer.length * (isCrowded ? GROWTH : 1));
    buffer.set(this.view());
    this.#end = this.length;
    this.#begin = 0;
    this.#buffer = buffer;
  }
}

const ENDED = Promise.resolve(false);
