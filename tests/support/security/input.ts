import type { Bytes } from "./bytes.ts";

/** The buffer of `security -i`, with the NUL at its end (MAX_LINE_LEN in security.c). */
const LINE_BUFFER = 4096;

/** The most that getpass(3) gives; the rest of its line is lost. */
const MAX_PASSWORD = 128;

/** stdin as C's stdio reads it. */
export class Input {
  readonly #read: () => Promise<Bytes>;
  #chunk = "";
  #next = 0;

  /** @param read gives what comes next, and nothing at the end */
  constructor(read: () => Promise<Bytes>) {
    this.#read = read;
  }

  /**
   * The next line, without its end; a full buffer ends it too, and what follows is another line.
   * Nothing at the end, so a last line without a line end is lost.
   */
  async line(): Promise<Bytes | undefined> {
    let line = "";
    while (line.length < LINE_BUFFER - 1) {
      const byte = await this.#byte();
      if (byte === undefined) return undefined;
      if (byte === "\n") break;
      line += byte;
    }
    return line;
  }

  /** What getpass(3) reads where there is no terminal. */
  async password(): Promise<Bytes> {
    let password = "";
    for (let byte = await this.#byte(); byte !== undefined && byte !== "\n"; byte = await this.#byte()) {
      password += byte;
    }
    return password.slice(0, MAX_PASSWORD);
  }

  async #byte(): Promise<Bytes | undefined> {
    if (this.#next === this.#chunk.length) {
      this.#chunk = await this.#read();
      this.#next = 0;
      // Whoever asks again reads again, as at the end of a terminal's input.
      if (this.#chunk === "") return undefined;
    }
    return this.#chunk[this.#next++];
  }
}
