/** A version 4 UUID (RFC 9562, section 5.4) of 16 random bytes. */
export function uuid(bytes: Uint8Array): string {
  bytes[6] = bytes[6]! & 0x0f | 0x40;
  bytes[8] = bytes[8]! & 0x3f | 0x80;
  return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
