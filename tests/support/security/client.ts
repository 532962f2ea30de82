import { type Bytes, pack, unpack } from "./bytes.ts";

/** How many digits a length has. */
const DIGITS = 8;

/** Thrown when the process has ended, or the stand-in was disposed of. */
export class Gone extends Error {}

/** The process of one start, which does what it is told over its connection (client.pl). */
export class Client {
  readonly #connection: Deno.Conn;
  #orders = "";

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** The arguments it was started with. Called once, first. */
  async args(): Promise<Bytes[]> {
    return (await this.#answer()).split("\0").slice(0, -1);
  }

  /** Writes to its stdout, before whatever it does next. */
  out(bytes: Bytes): void {
    this.#order("o", bytes);
  }

  /** Writes to its stderr, in the same way. */
  err(bytes: Bytes): void {
    this.#order("e", bytes);
  }

  /** Reads from its stdin what is there, at most 4096 bytes. Nothing at the end. */
  async read(): Promise<Bytes> {
    this.#order("r");
    await this.#send();
    return await this.#answer();
  }

  /** Has it wait to be killed. With an agent, its output is held open even then. */
  async block(withAgent: boolean): Promise<void> {
    this.#order(withAgent ? "a" : "d");
    await this.#send();
    await this.#answer();
  }

  async exit(code: number): Promise<void> {
    this.#order("x", String.fromCharCode(code));
    await this.#send();
  }

  /** Waits until it has ended. @throws {Gone} always */
  async end(): Promise<never> {
    await this.#answer();
    throw new Error("It went on in a dialog");
  }

  #order(letter: string, bytes: Bytes = ""): void {
    this.#orders += letter + bytes.length.toString(16).padStart(DIGITS, "0") + bytes;
  }

  async #send(): Promise<void> {
    const orders = unpack(this.#orders);
    this.#orders = "";
    for (let done = 0; done < orders.length;) {
      done += await this.#connection.write(orders.subarray(done)).catch(gone);
    }
  }

  async #answer(): Promise<Bytes> {
    return await this.#take(parseInt(await this.#take(DIGITS), 16));
  }

  async #take(length: number): Promise<Bytes> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      done += await this.#connection.read(bytes.subarray(done)).catch(gone) ?? gone();
    }
    return pack(bytes);
  }
}

function gone(): never {
  throw new Gone();
}
