const UTF8 = new TextDecoder();
const ENCODER = new TextEncoder();

/** What is not ASCII, in a text or in what came of reading bytes as UTF-8. */
const NOT_ASCII = /[\x80-\uffff]/;

/** The bytes as a text with one character for each, as heads are read (RFC 9112, section 2.2). */
export function fromLatin1(bytes: Uint8Array): string {
  const text = UTF8.decode(bytes);
  if (!NOT_ASCII.test(text) && text.length === bytes.length) return text;
  let plain = "";
  for (const byte of bytes) plain += String.fromCharCode(byte);
  return plain;
}

/**
 * Writes a text of characters up to U+00FF, one byte for each, to the beginning of `target`.
 *
 * @returns how many bytes
 */
export function writeLatin1(text: string, target: Uint8Array): number {
  const { read, written } = ENCODER.encodeInto(text, target);
  if (read === text.length && written === text.length) return written;
  if (text.length > target.length) throw new RangeError("The text does not fit");
  for (let i = 0; i < text.length; i++) target[i] = text.charCodeAt(i);
  return text.length;
}
