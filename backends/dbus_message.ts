/** Types of messages and fields of their heads (D-Bus Specification, "Message Format"). */
const METHOD_CALL = 1;
const ERROR = 3;
const FIELD = {
  path: 1,
  interface: 2,
  member: 3,
  errorName: 4,
  replySerial: 5,
  destination: 6,
  signature: 8,
};

/** The bytes of a head before its fields. */
export const FIXED_HEAD = 16;

/** A method call whose arguments are all texts. */
export interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly args: readonly string[];
}

/** An answer; `error` is the name of the error that it is. */
export interface Reply {
  /** The serial of the call. */
  readonly to: number;
  readonly error: string | undefined;
  readonly body: Uint8Array;
  readonly littleEndian: boolean;
}

/** Writes a call as it is sent. @param serial any number but 0 */
export function encodeCall(call: Call, serial: number): Uint8Array<ArrayBuffer> {
  const body = new Writer();
  for (const arg of call.args) body.text(arg);
  const fields = new Writer();
  const field = (code: number, type: string, value: string) => {
    fields.align(8).byte(code).signature(type);
    if (type === "g") fields.signature(value);
    else fields.text(value);
  };
  field(FIELD.path, "o", call.path);
  field(FIELD.interface, "s", call.interface);
  field(FIELD.member, "s", call.member);
  field(FIELD.destination, "s", call.destination);
  if (call.args.length > 0) field(FIELD.signature, "g", "s".repeat(call.args.length));
  const head = new Writer().byte("l".charCodeAt(0)).byte(METHOD_CALL).byte(0).byte(1);
  head.number(body.bytes.length).number(serial).number(fields.bytes.length);
  head.bytes.push(...fields.bytes);
  head.align(8).bytes.push(...body.bytes);
  return Uint8Array.from(head.bytes);
}

/** The whole length of the message whose first {@linkcode FIXED_HEAD} bytes these are. */
export function messageLength(head: Uint8Array): number {
  const view = viewOf(head);
  const little = isLittle(head);
  return FIXED_HEAD + aligned(view.getUint32(12, little), 8) + view.getUint32(4, little);
}

/** Reads a message; signals and calls are answers to nothing. */
export function decodeReply(message: Uint8Array): Reply {
  const littleEndian = isLittle(message);
  const view = viewOf(message);
  const end = FIXED_HEAD + view.getUint32(12, littleEndian);
  let [to, error]: [number, string | undefined] = [0, undefined];
  for (let at = FIXED_HEAD; at < end;) {
    at = aligned(at, 8);
    const code = message[at]!;
    const type = String.fromCharCode(message[at + 2]!);
    at = aligned(at + 4, type === "g" ? 1 : 4);
    const length = type === "g" ? message[at]! : type === "u" ? 0 : view.getUint32(at, littleEndian);
    if (code === FIELD.replySerial) to = view.getUint32(at, littleEndian);
    if (code === FIELD.errorName && message[1] === ERROR) error = textAt(message, at + 4, length);
    at += type === "g" ? length + 2 : type === "u" ? 4 : length + 5;
  }
  return { to, error, body: message.subarray(aligned(end, 8)), littleEndian };
}

/** The text or object path that a body begins with. */
export function firstText({ body, littleEndian }: Reply): string {
  return textAt(body, 4, viewOf(body).getUint32(0, littleEndian));
}

/** The boolean in the variant that a body begins with; `undefined` when it holds something else. */
export function firstVariantBoolean({ body, littleEndian }: Reply): boolean | undefined {
  const isBoolean = body[0] === 1 && body[1] === "b".charCodeAt(0);
  return isBoolean ? viewOf(body).getUint32(4, littleEndian) === 1 : undefined;
}

class Writer {
  readonly bytes: number[] = [];

  byte(value: number): this {
    this.bytes.push(value);
    return this;
  }

  align(to: number): this {
    while (this.bytes.length % to !== 0) this.bytes.push(0);
    return this;
  }

  number(value: number): this {
    this.align(4).bytes.push(...[0, 8, 16, 24].map((shift) => value >>> shift & 0xff));
    return this;
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    this.number(bytes.length).bytes.push(...bytes, 0);
    return this;
  }

  signature(value: string): this {
    this.bytes.push(value.length, ...new TextEncoder().encode(value), 0);
    return this;
  }
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return new TextDecoder().decode(bytes.subarray(at, at + length));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isLittle(message: Uint8Array): boolean {
  return message[0] === "l".charCodeAt(0);
}

function aligned(at: number, to: number): number {
  return Math.ceil(at / to) * to;
}
