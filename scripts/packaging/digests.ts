import { createHash } from "node:crypto";
import { basename } from "node:path";

/** The SHA-256 of a file, as `sha256sum` writes it. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const piece of file.readable) hash.update(piece);
  return hash.digest("hex");
}

/** The lines that `sha256sum --check` reads. */
export async function sumLines(paths: readonly string[]): Promise<string> {
  const lines = await Promise.all(paths.map(async (path) => `${await sha256(path)}  ${basename(path)}\n`));
  return lines.join("");
}
