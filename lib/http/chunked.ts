import { MAX_HEAD, parseFields } from "./head.ts";
import { ProtocolError } from "./protocol_error.ts";

/** The longest extensions of a chunk, in bytes. */
const MAX_EXTENSIONS = 1024;

/** What may stand behind a chunk's size: names, each with a token or a quoted text (RFC 9112, section 7.1.1). */
const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const BLANK = "[\\t ]*";
const EXTENSIONS = new RegExp(
  `^(?:${BLANK};${BLANK}${TOKEN}(?:${BLANK}=${BLANK}(?:${TOKEN}|${QUOTED}))?)*$`,
);

/** The most digits of a size, which is exact as a number then. */
const MAX_DIGITS = 13;

const CR = 13;
const LF = 10;

type State = "size" | "extension" | "size-end" | "data" | "data-cr" | "data-lf" | "trailers" | "done";

/**
 * Takes the chunked coding off a body (RFC 9112, section 7.1), in place and in whatever pieces it comes.
 * Extensions and trailers are checked and dropped.
 */
export class ChunkedDecoder {
  #state: State = "size";
  /** The size that is being read, then what is left of the chunk. */
  #left = 0;
  #digits = 0;
  #extensions = "";
  #trailers = "";

  /** Whether the last chunk and the trailers have passed. */
  get done(): boolean {
    return this.#state === "done";
  }

  /**
   * Decodes what there is. The data is moved together to the beginning of `bytes`.
   *
   * @returns how many bytes of data there are, and how many of the coding were used: all, unless the body ends before
   * @throws {ProtocolError}
   */
  decode(bytes: Uint8Array): { readonly data: number; readonly used: number } {
    let data = 0;
    let at = 0;
    while (at < bytes.length && this.#state !== "done") {
      if (this.#state === "data") {
        const count = Math.min(this.#left, bytes.length - at);
        if (at !== data) bytes.copyWithin(data, at, at + count);
        data += count;
        at += count;
        this.#left -= count;
        if (this.#left === 0) this.#state = "data-cr";
      } else {
        this.#step(bytes[at++]!);
      }
    }
    return { data, used: at };
  }

  #step(byte: number): void {
    switch (this.#state) {
      case "size":
        return this.#size(byte);
      case "extension":
        return this.#extension(byte);
      case "size-end":
        expect(byte, LF);
        this.#state = this.#left > 0 ? "data" : "trailers";
        this.#digits = 0;
        this.#extensions = "";
        return;
      case "data-cr":
        expect(byte, CR);
        this.#state = "data-lf";
        return;
      case "data-lf":
        expect(byte, LF);
        this.#state = "size";
        return;
      case "trailers":
        return this.#trailer(byte);
    }
  }

  #size(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (++this.#digits > MAX_DIGITS) throw new ProtocolError("A chunk is too long");
      this.#left = this.#left * 16 + digit;
    } else if (this.#digits === 0) {
      throw new ProtocolError("A chunk has no size");
    } else if (byte === CR) {
      this.#state = "size-end";
    } else {
      this.#state = "extension";
      this.#extension(byte);
    }
  }

  #extension(byte: number): void {
    if (byte !== CR) this.#extensions += String.fromCharCode(byte);
    else if (EXTENSIONS.test(this.#extensions)) this.#state = "size-end";
    else throw new ProtocolError("A chunk extension is malformed");
    if (byte === LF) throw new ProtocolError("A chunk's line does not end with CRLF");
    if (this.#extensions.length > MAX_EXTENSIONS) throw new ProtocolError("A chunk extension is too long");
  }

  #trailer(byte: number): void {
    if (byte === LF && !this.#trailers.endsWith("\r")) {
      throw new ProtocolError("A line of the trailers does not end with CRLF");
    }
    this.#trailers += String.fromCharCode(byte);
    if (byte === LF && (this.#trailers === "\r\n" || this.#trailers.endsWith("\n\r\n"))) {
      parseFields(this.#trailers, 0);
      this.#trailers = "";
      this.#state = "done";
    } else if (this.#trailers.length >= MAX_HEAD) {
      throw new ProtocolError("The trailers are too long");
    }
  }
}

function expect(byte: number, wanted: number): void {
  if (byte !== wanted) throw new ProtocolError("The chunked coding is malformed");
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
