import { type Body, FramedBody } from "./body.ts";
import { type ByteStream, WriteError } from "./byte_stream.ts";
import type { FieldList } from "./fields.ts";
import { keepsOpen, responseFraming } from "./framing.ts";
import { parseResponseHead, type ResponseHead } from "./head.ts";
import type { Answer } from "./message.ts";
import { MessageWriter } from "./message_writer.ts";
import { ProtocolError } from "./protocol_error.ts";
import { Reader } from "./reader.ts";
import type { Expiring } from "./sweeper.ts";

/** More answers of the kind 1xx than these before the real one are too many. */
const MAX_INFORMATIONAL = 16;

/** How long a server may send and take nothing while it is its turn, in milliseconds: what the big SDKs wait. */
export const SILENCE_TIME = 10 * 60_000;

/** A request as it is written. How its body is framed is decided here. */
export interface OutgoingRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly host: string;
  /** Without Host, and without fields that frame the body or are of one hop. */
  readonly headers: FieldList;
  /** Further field lines, as bytes, each with its end. */
  readonly lines: Uint8Array;
  readonly body: Body | null;
  /** Whether the answer may switch protocols. */
  readonly upgrade: boolean;
}

/** The connection ended before anything of an answer had come. */
export class NoAnswer extends Error {}

/** A connection to a server, for one request at a time (RFC 9112). */
export class ClientConnection implements Expiring {
  readonly #stream: ByteStream;
  readonly #reader: Reader;
  readonly #writer: MessageWriter;
  readonly #onFree: (connection: ClientConnection) => void;
  readonly #onClose: (connection: ClientConnection) => void;
  #isClosed = false;
  #isIdle = false;
  #isSent = true;
  #isReused = false;
  #isExpired = false;
  #hasHead = false;
  readonly #clock: { readonly now: number };
  deadline = Infinity;

  /**
   * @param onFree is called when it can take another request
   * @param onClose is called once, when it can't be used any more
   */
  constructor(
    stream: ByteStream,
    onFree: (connection: ClientConnection) => void,
    onClose: (connection: ClientConnection) => void,
    clock: { readonly now: number },
  ) {
    this.#clock = clock;
    this.#stream = stream;
    this.#reader = new Reader(stream);
    this.#writer = new MessageWriter(stream);
    this.#onFree = onFree;
    this.#onClose = onClose;
  }

  /** Whether it has served a request before, so that the server may have closed it meanwhile. */
  get isReused(): boolean {
    return this.#isReused;
  }

  /** Whether it was closed because its deadline was over. */
  get isExpired(): boolean {
    return this.#isExpired;
  }

  expire(): void {
    this.#isExpired = true;
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stream.close();
    this.#onClose(this);
  }

  /** Watches it while it has nothing to do: whatever comes then, it is not used again. */
  idle(deadline: number): void {
    this.#isIdle = true;
    this.deadline = deadline;
    this.#reader.reuse();
    this.#reader.fill().then(this.#onMore, this.#onMore);
  }

  readonly #onMore = (): void => {
    if (this.#isIdle) this.close();
  };

  /**
   * Sends a request, and gives the answer as soon as its head is there.
   *
   * @throws {NoAnswer} when the connection ended and nothing of an answer had come
   * @throws {ProtocolError} when the answer is not one
   */
  async exchange(request: OutgoingRequest): Promise<Answer> {
    this.#isIdle = false;
    try {
      // What came a moment ago, while it was idle, is not an answer to this.
      if (this.#reader.length > 0 || this.#reader.ended) throw new NoAnswer();
      this.#isSent = this.#hasHead = false;
      this.#onWait(true);
      this.#send(request);
      const head = await this.#finalHead(request.upgrade);
      this.#hasHead = true;
      this.#onWait(false);
      if (head.status === 101) return this.#switched(head);
      const framing = responseFraming(request.method, head);
      const reusable = keepsOpen(head) && framing !== "until_close";
      const { status, reason, fields: headers } = head;
      const onEnd = (isWhole: boolean) => this.#end(isWhole && reusable);
      if (framing !== 0) {
        return { status, reason, headers, body: new FramedBody(this.#reader, framing, onEnd, this.#limits) };
      }
      onEnd(true);
      return { status, reason, headers, body: null };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  readonly #onWait = (waiting: boolean): void => {
    this.deadline = waiting ? this.#clock.now + SILENCE_TIME : Infinity;
  };

  readonly #limits = { most: Infinity, onWait: this.#onWait };

  /** As long as the request itself is on its way, the server has nothing to answer. */
  readonly #onPart = (): void => {
    if (!this.#hasHead) this.#onWait(true);
  };

  /** What comes back from now on is the body; the connection ends with it. */
  #switched({ status, reason, fields: headers }: ResponseHead): Answer {
    const body = new FramedBody(this.#reader, "until_close", () => this.close());
    return { status, reason, headers, body, upload: this.#stream };
  }

  async #send({ method, target, host, headers, lines, body }: OutgoingRequest): Promise<void> {
    const start = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n${headers.lines()}`;
    try {
      await this.#writer.write(start + framingLine(method, body), lines, body, isChunked(body), this.#onPart);
      this.#isSent = true;
    } catch (error) {
      // A server that takes no more may have answered before. A body that broke off is nothing to wait for.
      if (!(error instanceof WriteError)) this.close();
    }
  }

  async #finalHead(upgrade: boolean): Promise<ResponseHead> {
    let seen = 0;
    for (let count = 0;;) {
      const text = this.#reader.headInHand(seen);
      if (text === undefined) {
        seen = this.#reader.length;
        if (await this.#hasMore()) continue;
        if (count === 0 && seen === 0) throw new NoAnswer();
        throw new ProtocolError("The answer breaks off in its head");
      }
      const head = parseResponseHead(text);
      if (head.status >= 200 || head.status === 101 && upgrade) return head;
      if (head.status === 101 || ++count > MAX_INFORMATIONAL) {
        throw new ProtocolError("This answer was not asked for");
      }
      seen = 0;
    }
  }

  /** A connection that fails has ended all the same. */
  #hasMore(): Promise<boolean> {
    return this.#reader.fill().catch(() => false);
  }

  /** What the server sent beyond its answer was not asked for either. */
  #end(reusable: boolean): void {
    if (!reusable || !this.#isSent || this.#reader.length > 0 || this.#reader.ended) return this.close();
    this.#isReused = true;
    this.#onFree(this);
  }
}

function isChunked(body: Body | null): boolean {
  return body !== null && body.length === undefined;
}

/** Servers want to be told that a POST has no body (RFC 9110, section 8.6). */
function framingLine(method: string, body: Body | null): string {
  if (body !== null) {
    return body.length === undefined
      ? "transfer-encoding: chunked\r\n"
      : `content-length: ${body.length}\r\n`;
  }
  return ["POST", "PUT", "PATCH"].includes(method) ? "content-length: 0\r\n" : "";
}
