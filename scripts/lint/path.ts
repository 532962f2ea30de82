import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A file's path from the root of the project. */
export function pathInProject(filename: string): string {
  const at = filename.indexOf(ROOT);
  return at < 0 ? filename.replace(/^\//, "") : filename.slice(at + ROOT.length);
}
