import type { ByteStream } from "../../lib/http/byte_stream.ts";

/** A connection whose other side sends these pieces, and then ends, fails, or says nothing more. */
export class ScriptedStream implements ByteStream {
  /** What was written to it, one text of Latin-1 for each write. */
  readonly writes: string[] = [];
  isClosed = false;
  isHalfClosed = false;
  /** How many reads are under way; more than one at a time fails the test. */
  #reading = 0;
  #pieces: Uint8Array[];
  readonly #end: "end" | "fail" | "wait";
  readonly #closed = Promise.withResolvers<never>();
  #arrival = Promise.withResolvers<void>();

  constructor(pieces: readonly (string | Uint8Array)[], end: "end" | "fail" | "wait" = "end") {
    this.#pieces = pieces.map(bytesOf).filter(({ length }) => length > 0);
    this.#end = end;
    this.#closed.promise.catch(() => {});
  }

  /** All that was written to it. */
  get written(): string {
    return this.writes.join("");
  }

  /** Lets the other side send more. */
  send(piece: string | Uint8Array): void {
    this.#pieces.push(bytesOf(piece));
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    if (++this.#reading > 1) throw new Error("two reads at a time");
    try {
      while (this.#pieces.length === 0) {
        if (this.isClosed) throw new Error("closed");
        if (this.#end === "end") return null;
        if (this.#end === "fail") throw new Error("reset");
        await Promise.race([this.#arrival.promise, this.#closed.promise]);
      }
      const piece = this.#pieces[0]!;
      const part = piece.subarray(0, buffer.length);
      buffer.set(part);
      if (part.length < piece.length) this.#pieces[0] = piece.subarray(part.length);
      else this.#pieces.shift();
      await Promise.resolve();
      return part.length;
    } finally {
      this.#reading--;
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.isClosed) return Promise.reject(new Error("closed"));
    this.writes.push(latin1(bytes));
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    this.isHalfClosed = true;
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    this.#closed.reject(new Error("closed"));
  }
}

/** A text of Latin-1 as bytes. */
export function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Uint8Array.from(text, (char) => char.charCodeAt(0)) : text.slice();
}

/** Bytes as a text of Latin-1. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
