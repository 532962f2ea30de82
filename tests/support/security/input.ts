import { type Bytes, pack } from "./bytes.ts";

/** The buffer of `security -i`, with the NUL at its end (MAX_LINE_LEN in security.c). */
const LINE_BUFFER = 4096;

/** The most that getpass(3) gives; the rest of its line is lost. */
const MAX_PASSWORD = 128;

/** stdin as C's stdio reads it. */
export class Input {
  readonly #note: (chunk: Uint8Array) => void;
  #chunk = "";
  #next = 0;

  /** @param note is given every byte that was read */
  constructor(note: (chunk: Uint8Array) => void) {
    this.#note = note;
  }

  /**
   * The next line, without its end; a full buffer ends it too, and what follows is another line.
   * Nothing at the end, so a last line without a line end is lost.
   */
  line(): Bytes | undefined {
    let line = "";
    while (line.length < LINE_BUFFER - 1) {
      const byte = this.#byte();
      if (byte === undefined) return undefined;
      if (byte === "\n") break;
      line += byte;
    }
    return line;
  }

  /** What getpass(3) reads where there is no terminal. */
  password(): Bytes {
    let password = "";
    for (let byte = this.#byte(); byte !== undefined && byte !== "\n"; byte = this.#byte()) password += byte;
    return password.slice(0, MAX_PASSWORD);
  }

  #byte(): Bytes | undefined {
    if (this.#next === this.#chunk.length) {
      const buffer = new Uint8Array(4096);
      const chunk = buffer.subarray(0, Deno.stdin.readSync(buffer) ?? 0);
      if (chunk.length === 0) return undefined;
      this.#note(chunk);
      this.#chunk = pack(chunk);
      this.#next = 0;
    }
    return this.#chunk[this.#next++];
  }
}
