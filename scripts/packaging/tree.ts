import { dirname, join } from "node:path";

/** Files to be packed, by their path below the root. */
export type Tree = ReadonlyMap<string, PackedFile>;

/** A file to be packed. */
export interface PackedFile {
  readonly content: string | Uint8Array;
  readonly executable?: true;
}

/** Writes a tree into a folder, whatever the umask is. */
export async function writeTree(folder: string, tree: Tree): Promise<void> {
  for (const [path, { content, executable }] of tree) {
    const file = join(folder, path);
    await makeFolder(folder, dirname(path));
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(file, bytes);
    await Deno.chmod(file, executable ? 0o755 : 0o644);
  }
}

async function makeFolder(root: string, path: string): Promise<void> {
  if (path !== ".") await makeFolder(root, dirname(path));
  await Deno.mkdir(join(root, path), { recursive: true });
  await Deno.chmod(join(root, path), 0o755);
}
