import type { Body } from "./body.ts";
import type { Fields } from "./fields.ts";
import type { Answer } from "./message.ts";
import type { ProtocolError } from "./protocol_error.ts";

/** Why a request is given up that took too long. */
export const TIMED_OUT = new Error("The request took too long");

/** The body of a request. */
export interface RequestContent extends Body {
  /** Why nothing can be read of it any more, if that is the client's fault. */
  readonly refusal?: ProtocolError | undefined;
}

/** A request as it arrived. */
export interface ServerRequest {
  readonly method: string;
  /** `http://`, the Host field and the target as it was sent; an absolute target as it is. */
  readonly url: string;
  readonly headers: Fields;
  readonly body: RequestContent | null;
  /** Aborts when the client is gone, and with {@linkcode TIMED_OUT} when it took too long. */
  readonly signal: AbortSignal;
}

/** How the transfer of an answer ended. */
export interface Transfer {
  /** Bytes of the body that were passed on. */
  readonly bytes: number;
  readonly end: "complete" | "client_gone" | "upstream_broke_off";
}

/** What a request is answered with. */
export interface Reply {
  readonly answer: Answer;
  /** Is called once. */
  ended(transfer: Transfer): void;
}

/** What a connection is served with. */
export interface Service {
  /** Answers a request. Never rejects. */
  handle(request: ServerRequest): Promise<Reply>;
  /** Answers what is not a request. */
  refuse(error: ProtocolError): Reply;
  /** Whether connections are to be closed behind the next answer. */
  isDraining(): boolean;
}
