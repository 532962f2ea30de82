import { type ByteStream, writeAll } from "./byte_stream.ts";
import type { Reader } from "./reader.ts";

/**
 * Passes on what comes, byte by byte, until the sender ends; then says so.
 *
 * @param onWait is called before and after every write
 * @param onEnd is called when the sender has ended: the other side may still say something
 * @throws {WriteError} when the other side takes no more, and what the runtime throws when the sender fails
 */
export async function passOn(
  from: Reader,
  to: ByteStream,
  onWait: (waiting: boolean) => void,
  onEnd: () => void,
): Promise<void> {
  for (let more = true; more; more = await from.fill()) {
    if (from.length > 0) {
      onWait(true);
      await writeAll(to, from.take(from.length));
      onWait(false);
    }
    from.reuse();
  }
  onEnd();
  await to.closeWrite();
}
