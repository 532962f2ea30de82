import type { Body } from "./body.ts";
import { type ByteStream, writeAll } from "./byte_stream.ts";
import { writeLatin1 } from "./latin1.ts";

/** The smallest buffer, in bytes. */
const SMALL = 1024;

/** A piece of a body up to this many bytes is written together with the head before it. */
const MAX_BESIDE = 16_384;

/** Room for the size of a chunk and its line ends. */
const CHUNK_ROOM = 20;

const LAST_CHUNK = new TextEncoder().encode("0\r\n\r\n");
const NOTHING = new Uint8Array();

/**
 * Writes messages to a connection, in as few writes as can be: a head together with what there is of its body, and
 * every piece of a chunked body in one.
 */
export class MessageWriter {
  readonly #stream: ByteStream;
  readonly #onWait: (waiting: boolean) => void;
  #buffer = NOTHING;

  /** @param onWait is called before and after every write */
  constructor(stream: ByteStream, onWait: (waiting: boolean) => void = () => {}) {
    this.#stream = stream;
    this.#onWait = onWait;
  }

  /**
   * Writes a message.
   *
   * @param head all lines of the head but the last empty one, and `lines` more of them
   * @param chunked whether the body gets the chunked coding
   * @param onPart is told how many bytes of the body have been written
   */
  async write(
    head: string,
    lines: Uint8Array,
    body: Body | null,
    chunked: boolean,
    onPart: (bytes: number) => void,
  ): Promise<void> {
    const part = body?.take();
    const isBeside = part !== undefined && part.length <= MAX_BESIDE;
    const length = this.#begin(head, lines, isBeside ? part.length + CHUNK_ROOM : 0);
    if (part === undefined) {
      await this.#flush(length);
    } else if (isBeside) {
      await this.#flush(length + (chunked ? this.#putChunk(part, length) : this.#put(part, length)));
      onPart(part.length);
    } else {
      await this.#flush(length);
      await this.#writePart(part, chunked);
      onPart(part.length);
    }
    if (body === null) return;
    for (;;) {
      const next = body.take() ?? (body.done ? undefined : await body.read());
      if (next === undefined) break;
      await this.#writePart(next, chunked);
      onPart(next.length);
    }
    if (chunked) await this.#send(LAST_CHUNK);
  }

  async #writePart(part: Uint8Array, chunked: boolean): Promise<void> {
    if (!chunked) return await this.#send(part);
    this.#makeRoom(part.length + CHUNK_ROOM);
    await this.#flush(this.#putChunk(part, 0));
  }

  /** Puts the head into the buffer, with so much room behind it, and says how long it is. */
  #begin(head: string, lines: Uint8Array, room: number): number {
    this.#makeRoom(head.length + lines.length + 2 + room);
    let end = writeLatin1(head, this.#buffer);
    end += this.#put(lines, end);
    this.#buffer[end] = 13;
    this.#buffer[end + 1] = 10;
    return end + 2;
  }

  #put(bytes: Uint8Array, at: number): number {
    this.#buffer.set(bytes, at);
    return bytes.length;
  }

  #putChunk(part: Uint8Array, at: number): number {
    const begin = at + writeLatin1(`${part.length.toString(16)}\r\n`, this.#buffer.subarray(at));
    this.#buffer.set(part, begin);
    const end = begin + part.length;
    this.#buffer[end] = 13;
    this.#buffer[end + 1] = 10;
    return end + 2 - at;
  }

  #makeRoom(length: number): void {
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(Math.max(SMALL, length));
  }

  #flush(length: number): Promise<void> {
    return this.#send(this.#buffer.subarray(0, length));
  }

  async #send(bytes: Uint8Array): Promise<void> {
    this.#onWait(true);
    await writeAll(this.#stream, bytes);
    this.#onWait(false);
  }
}
