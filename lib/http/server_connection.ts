import { answerHead, type Asked } from "./answer_head.ts";
import { FramedBody } from "./body.ts";
import { type ByteStream, WriteError } from "./byte_stream.ts";
import { keepsOpen, requestFraming } from "./framing.ts";
import { parseRequestHead, type RequestHead } from "./head.ts";
import type { Answer } from "./message.ts";
import { MessageWriter } from "./message_writer.ts";
import { ProtocolError } from "./protocol_error.ts";
import { Reader } from "./reader.ts";
import { RequestBody } from "./request_body.ts";
import { type Reply, type Service, TIMED_OUT, type Transfer } from "./service.ts";
import type { Expiring } from "./sweeper.ts";
import { passOn } from "./tunnel.ts";

/**
 * How long a client may send or take nothing, in a message or between two, and how long the other side of a tunnel may
 * take nothing, in milliseconds.
 */
export const IDLE_TIME = 5 * 60_000;

/** How long the head of a request may take, in milliseconds. */
export const HEAD_TIME = 30_000;

/** How long a request may take in all, in milliseconds. */
export const TOTAL_TIME = 6 * 60 * 60_000;

/** The most bytes of a request's body: more than any provider takes. */
export const MAX_BODY = 4 * 2 ** 30;

/** How long, and how many bytes, a client that was answered early may go on sending its request. */
export const LINGER_TIME = 5000;
const MAX_LINGER = 4 << 20;

const NOTHING = new Uint8Array();

/** What is known of a request that can't be read. */
const UNREADABLE: Asked = { method: "GET", minor: 1 };

/** The connection of a client, which is served one request after the other (RFC 9112). */
export class ServerConnection implements Expiring {
  readonly #stream: ByteStream;
  readonly #clock: { readonly now: number };
  readonly #options: Service;
  readonly #reader: Reader;
  readonly #writer: MessageWriter;
  readonly #gone = new AbortController();
  #isServing = false;
  #isTunnel = false;
  #isLingering = false;
  #isTimedOut = false;
  #totalBy = Infinity;
  #isClosed = false;
  #answer: Answer | undefined;
  deadline: number;

  constructor(stream: ByteStream, clock: { readonly now: number }, options: Service) {
    this.#stream = stream;
    this.#clock = clock;
    this.#options = options;
    this.#reader = new Reader(stream);
    this.#writer = new MessageWriter(stream, this.#onWait);
    this.deadline = clock.now + HEAD_TIME;
  }

  /** Serves until either side closes the connection. Never rejects. */
  async run(): Promise<void> {
    try {
      while (await this.#serveNext());
    } catch {
      // Of the connection itself, which is closed in any case.
    } finally {
      this.close();
    }
  }

  /** What nobody has answered yet is answered with that. */
  expire(): void {
    if (!this.#isServing || this.#answer !== undefined || this.#isTimedOut || this.#isLingering) {
      return this.close();
    }
    this.#isTimedOut = true;
    this.deadline = this.#clock.now + LINGER_TIME;
    this.#gone.abort(TIMED_OUT);
  }

  /** Whether it waits for a request. */
  get isIdle(): boolean {
    return !this.#isServing;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#gone.abort();
    this.#stream.close();
    this.#answer?.body?.cancel();
  }

  /** Closes it unless a request is being served. */
  closeIdle(): void {
    if (this.isIdle) this.close();
  }

  /** How long this side waits for somebody to send or take something. */
  readonly #onWait = (waiting: boolean): void => {
    if (this.#isLingering || this.#isTimedOut) return;
    this.deadline = waiting ? this.#clock.now + IDLE_TIME : this.#totalBy;
  };

  /** Serves the next request; whether there may be another one. */
  async #serveNext(): Promise<boolean> {
    const head = await this.#nextHead();
    if (head === undefined) return false;
    this.#isServing = true;
    this.#isLingering = false;
    this.#totalBy = this.deadline = this.#clock.now + TOTAL_TIME;
    const keep = head instanceof ProtocolError ? await this.#refuse(head) : await this.#serve(head);
    this.#isServing = false;
    this.deadline = this.#clock.now + IDLE_TIME;
    return keep && !this.#options.isDraining();
  }

  async #nextHead(): Promise<RequestHead | ProtocolError | undefined> {
    // Some clients send an empty line behind a body (RFC 9112, section 2.2).
    for (;;) {
      if (this.#reader.length === 0 && !await this.#reader.fill()) return undefined;
      if (this.#reader.view()[0] !== 13 && this.#reader.view()[0] !== 10) break;
      this.#reader.take(1);
    }
    this.deadline = this.#clock.now + HEAD_TIME;
    try {
      const text = this.#reader.headInHand() ?? await this.#reader.head();
      return text === undefined ? undefined : parseRequestHead(text);
    } catch (error) {
      if (error instanceof ProtocolError) return error;
      throw error;
    }
  }

  async #serve(head: RequestHead): Promise<boolean> {
    let body: RequestBody | undefined;
    try {
      body = this.#bodyOf(head);
    } catch (error) {
      return await this.#refuse(error as ProtocolError);
    }
    const { method, target, fields: headers } = head;
    // To be ignored in HTTP/1.0 (RFC 9110, section 7.8).
    if (head.minor === 0) headers.delete("upgrade");
    const host = headers.get("host") ?? "";
    const url = /^[/*]/.test(target) ? `http://${host}${target.replace(/^\*/, "/*")}` : target;
    const signal = this.#gone.signal;
    const reply = await this.#options.handle({ method, url, headers, body: body ?? null, signal });
    this.#isTunnel = reply.answer.upload !== undefined;
    const canFollow = !this.#isTunnel && (body === undefined || body.isComing || body.skipInHand());
    const keep = keepsOpen(head) && canFollow && !this.#isTimedOut && !this.#options.isDraining();
    if (!await this.#send(reply, head, keep)) return false;
    if (keep) return body === undefined || await this.#skipRest(body);
    if (this.#isTunnel || body?.done === false || this.#reader.length > 0) await this.#linger();
    return false;
  }

  /** Reads what is left of a body whose answer came early; whether that was all within the limits. */
  async #skipRest(body: RequestBody): Promise<boolean> {
    this.#lingerFrom();
    for (let skipped = 0; !body.done && skipped < MAX_LINGER;) skipped += (await body.read())?.length ?? 0;
    return body.done;
  }

  async #refuse(error: ProtocolError): Promise<false> {
    if (await this.#send(this.#options.refuse(error), UNREADABLE, false)) await this.#linger();
    return false;
  }

  #bodyOf(head: RequestHead): RequestBody | undefined {
    const framing = requestFraming(head);
    if (framing === 0) {
      this.#watch();
      return undefined;
    }
    const limits = { most: MAX_BODY, onWait: this.#onWait };
    const body = new FramedBody(this.#reader, framing, () => this.#watch(), limits);
    if (body.refusal !== undefined) throw body.refusal;
    const waits = head.minor === 1 && head.fields.get("expect")?.toLowerCase() === "100-continue";
    return new RequestBody(body, waits ? this.#stream : undefined, () => this.#reader.ended && this.close());
  }

  /** Looks whether the client goes away while it waits. What it sends instead is its next request. */
  #watch(): void {
    if (this.#reader.length > 0) return;
    this.#reader.reuse();
    this.#reader.fill().then(this.#onMore, this.#onGone);
  }

  readonly #onMore = (more: boolean): void => {
    if (!more) this.#onGone();
  };

  readonly #onGone = (): void => {
    if (this.#isServing && !this.#isTunnel) this.close();
  };

  /** Sends an answer; whether all of it went. */
  async #send({ answer, ended }: Reply, asked: Asked, keep: boolean): Promise<boolean> {
    const { text, body, chunked } = answerHead(answer, asked, keep, this.#clock.now);
    this.#answer = answer;
    if (answer.upload !== undefined) this.#passOn(answer.upload);
    let bytes = 0;
    let end: Transfer["end"] = "complete";
    try {
      await this.#writer.write(text, NOTHING, body, chunked, (count) => void (bytes += count));
    } catch (error) {
      end = error instanceof WriteError || this.#isClosed ? "client_gone" : "upstream_broke_off";
    }
    this.#answer = undefined;
    if (end !== "complete" || body === null) answer.body?.cancel();
    ended({ bytes, end });
    return end === "complete";
  }

  /** What the other side said before it took no more is still on its way; a client that fails is gone. */
  #passOn(to: ByteStream): void {
    passOn(this.#reader, to, this.#onWait, () => this.#lingerFrom()).catch((error) => {
      if (!(error instanceof WriteError)) this.close();
    });
  }

  #lingerFrom(): void {
    this.#isLingering = true;
    this.deadline = this.#clock.now + LINGER_TIME;
  }

  /** A client that is cut off while it still sends may never see its answer (RFC 9112, section 9.6). */
  async #linger(): Promise<void> {
    this.#lingerFrom();
    await this.#stream.closeWrite();
    for (let skipped = 0; skipped < MAX_LINGER;) {
      skipped += this.#reader.take(this.#reader.length).length;
      this.#reader.reuse();
      if (!await this.#reader.fill()) return;
    }
  }
}
