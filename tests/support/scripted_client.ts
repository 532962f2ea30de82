import type { ByteStream } from "../../lib/http/byte_stream.ts";

/** The server's end of a connection whose client does what a test says. */
export class ScriptedClient implements ByteStream {
  /** What the server has written. */
  received = "";
  isClosed = false;
  /** Whether the client takes what is written to it. */
  takes = true;
  #sent: Uint8Array[] = [];
  #waiting: (() => void) | undefined;

  /** Lets the client send a text of ASCII. */
  send(text: string): void {
    if (text !== "") this.#sent.push(new TextEncoder().encode(text));
    this.#waiting?.();
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#sent.length === 0 && !this.isClosed) {
      await new Promise<void>((resolve) => this.#waiting = resolve);
    }
    if (this.isClosed) throw new Error("closed");
    const [first, ...others] = this.#sent;
    buffer.set(first!);
    this.#sent = others;
    return first!.length;
  }

  write(bytes: Uint8Array): Promise<number> {
    if (!this.takes) return new Promise(() => {});
    this.received += new TextDecoder().decode(bytes);
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    this.#waiting?.();
  }
}
