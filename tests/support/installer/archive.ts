import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

/** One part of an archive: a file, a folder (whose name ends in `/`), or a link. */
export interface Entry {
  readonly name: string;
  readonly content?: string;
  readonly link?: string;
}

/** Packs an archive (ustar), also one that tar(1) would not make. */
export function pack(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const blocks = entries.flatMap(({ name, content = "", link }) => {
    const head = Buffer.alloc(512);
    const body = Buffer.from(content);
    const octal = (value: number) => value.toString(8).padStart(7, "0") + "\0";
    head.write(name, 0);
    head.write(octal(0o755) + octal(4321) + octal(4321), 100);
    head.write(body.length.toString(8).padStart(11, "0") + "\0" + "0".repeat(11) + "\0" + " ".repeat(8), 124);
    const kind = name.endsWith("/") ? "5" : "0";
    head.write(link === undefined ? kind : `2${link}`, 156);
    head.write("ustar\x0000", 257);
    head.write(octal(head.reduce((sum, byte) => sum + byte)), 148);
    return [head, body, Buffer.alloc(-body.length & 511)];
  });
  return new Uint8Array(gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
}
