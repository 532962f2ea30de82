/** Bytes that differ in every run, as the program itself uses. */
export function realRandom(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}
