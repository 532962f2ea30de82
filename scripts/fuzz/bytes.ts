/** Latin-1 stands for bytes; any other character is a question mark. */
export function asLatin1(text: string): string {
  return text.replace(/[\u0100-\uffff]/g, "?");
}

/** Latin-1 stands for bytes, and a text with any other character for its UTF-8. */
export function bytesIn(text: string): Uint8Array<ArrayBuffer> {
  return /[\u0100-\uffff]/.test(text)
    ? new TextEncoder().encode(text)
    : Uint8Array.from(text, (char) => char.charCodeAt(0));
}
