import { Buffer } from "node:buffer";

/** Bytes as C keeps them, one in each character. */
export type Bytes = string;

/** The bytes of a text in UTF-8. */
export function bytesOf(text: string): Bytes {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The text that these bytes are in UTF-8. */
export function textOf(bytes: Bytes): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

export function pack(array: Uint8Array): Bytes {
  return Buffer.from(array).toString("latin1");
}

export function unpack(bytes: Bytes): Uint8Array {
  return new Uint8Array(Buffer.from(bytes, "latin1"));
}

/** The hexadecimal digits, two for each byte. */
export function hex(bytes: Bytes): string {
  return Buffer.from(bytes, "latin1").toString("hex");
}
