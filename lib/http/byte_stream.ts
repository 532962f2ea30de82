/** Both directions of a connection, as `Deno.Conn` is. */
export interface ByteStream {
  /** Reads what is there into the buffer; `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes, and says how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Says that no more will be written. */
  closeWrite(): Promise<void>;
  close(): void;
}

/** The other side takes no more. */
export class WriteError extends Error {}

/** Writes all of the bytes. They may be changed again when it has. @throws {WriteError} */
export async function writeAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  try {
    let written = await stream.write(bytes);
    while (written < bytes.length) written += await stream.write(bytes.subarray(written));
  } catch {
    throw new WriteError();
  }
}
