import type { Body, FramedBody } from "./body.ts";
import { type ByteStream, writeAll } from "./byte_stream.ts";
import type { ProtocolError } from "./protocol_error.ts";

const CONTINUE = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

/** The body of a request, for which some clients want to be asked before they send it (RFC 9110, section 10.1.1). */
export class RequestBody implements Body {
  readonly length: number | undefined;
  readonly #body: FramedBody;
  /** Where the client waits to be asked. */
  #waiting: ByteStream | undefined;
  #isWanted = false;
  readonly #onFailure: () => void;

  /** @param onFailure is called before a read rejects */
  constructor(body: FramedBody, waiting: ByteStream | undefined, onFailure: () => void) {
    this.length = body.length;
    this.#body = body;
    this.#waiting = waiting;
    this.#onFailure = onFailure;
  }

  get done(): boolean {
    return this.#body.done;
  }

  take(): Uint8Array | undefined {
    this.#isWanted = true;
    return this.#body.take();
  }

  async read(): Promise<Uint8Array | undefined> {
    const part = this.take();
    if (part !== undefined || this.done) return part;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    try {
      if (waiting !== undefined) await writeAll(waiting, CONTINUE);
      return await this.#body.read();
    } catch (error) {
      this.#onFailure();
      throw error;
    }
  }

  cancel(): void {
    this.#body.cancel();
  }

  /** Why nothing can be read of it any more, if that is the client's fault. */
  get refusal(): ProtocolError | undefined {
    return this.#body.refusal;
  }

  /** Whether somebody has asked for it, and the client sends it without waiting. */
  get isComing(): boolean {
    return this.#isWanted && this.#waiting === undefined && this.#body.refusal === undefined;
  }

  /** Takes what is there of a body that nobody wanted; whether that was all, so that another request may follow. */
  skipInHand(): boolean {
    try {
      while (this.#body.take() !== undefined);
    } catch {
      // It is malformed, and so not done.
    }
    return this.done;
  }
}
