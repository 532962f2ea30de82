import type { ByteStream } from "../../lib/http/byte_stream.ts";
import { latin1 } from "./scripted_stream.ts";

/** One end of a connection in memory. */
export interface DuplexEnd extends ByteStream {
  /** What this end has written, one text of Latin-1 for each write that was taken. */
  readonly writes: readonly string[];
  readonly isClosed: boolean;
  readonly isHalfClosed: boolean;
}

/** How a connection in memory differs from one that takes all at once. */
export interface DuplexOptions {
  /** The most bytes that one write takes. */
  readonly perWrite?: number;
  /** The most bytes that are under way in one direction; a write waits for room. */
  readonly room?: number;
}

/** The bytes that are under way in one direction. */
class Pipe {
  readonly #room: number;
  #bytes: number[] = [];
  #state: "open" | "ended" | "broken" = "open";
  #change = Promise.withResolvers<void>();

  constructor(room: number) {
    this.#room = room;
  }

  get isBroken(): boolean {
    return this.#state === "broken";
  }

  end(state: "ended" | "broken"): void {
    if (this.#state !== "broken") this.#state = state;
    this.#changed();
  }

  async put(bytes: Uint8Array, most: number): Promise<Uint8Array> {
    while (this.#state === "open" && bytes.length > 0 && this.#bytes.length >= this.#room) {
      await this.#change.promise;
    }
    if (this.#state !== "open") throw new Error("reset");
    const part = bytes.slice(0, Math.min(most, this.#room - this.#bytes.length));
    for (const byte of part) this.#bytes.push(byte);
    this.#changed();
    return part;
  }

  async get(buffer: Uint8Array): Promise<number | null> {
    while (this.#bytes.length === 0 && this.#state === "open") await this.#change.promise;
    if (this.#state === "broken") throw new Error("reset");
    if (this.#bytes.length === 0) return null;
    const part = this.#bytes.splice(0, buffer.length);
    buffer.set(part);
    this.#changed();
    return part.length;
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

class End implements DuplexEnd {
  readonly writes: string[] = [];
  isClosed = false;
  isHalfClosed = false;
  readonly #incoming: Pipe;
  readonly #outgoing: Pipe;
  readonly #perWrite: number;

  constructor(incoming: Pipe, outgoing: Pipe, perWrite: number) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#perWrite = perWrite;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#incoming.get(buffer);
  }

  async write(bytes: Uint8Array): Promise<number> {
    const part = await this.#outgoing.put(bytes, this.#perWrite);
    this.writes.push(latin1(part));
    return part.length;
  }

  closeWrite(): Promise<void> {
    this.isHalfClosed = true;
    this.#outgoing.end("ended");
    return Promise.resolve();
  }

  /** What was written before still arrives, as an orderly close does. */
  close(): void {
    if (this.isClosed) throw new Error("closed twice");
    this.isClosed = true;
    this.#outgoing.end("ended");
    this.#incoming.end("broken");
  }
}

/** A connection in memory, by its two ends. */
export function duplex({ perWrite = Infinity, room = Infinity }: DuplexOptions = {}): [DuplexEnd, DuplexEnd] {
  const there = new Pipe(room);
  const back = new Pipe(room);
  return [new End(there, back, perWrite), new End(back, there, perWrite)];
}
