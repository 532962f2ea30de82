import type { Body } from "./body.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { FieldList } from "./fields.ts";

/** An answer to a request. */
export interface Answer {
  readonly status: number;
  /** The words behind the status, which mean nothing to programs. */
  readonly reason: string;
  readonly headers: FieldList;
  /** `null` when there is none by its status or method, whatever its headers say. */
  readonly body: Body | null;
  /** Of an answer that switches protocols: where the client's bytes go. What comes back is the body. */
  readonly upload?: ByteStream;
}
