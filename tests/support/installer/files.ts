import { join } from "node:path";
import type { TemporaryFolder } from "../temporary_folder.ts";

/** All files but those in the folder `tools`, with their modes and contents. */
export function filesIn(folder: TemporaryFolder): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { name } of Deno.readDirSync(folder.path)) {
    if (name !== "tools") collect(folder.at(name), files);
  }
  return files;
}

function collect(path: string, files: Record<string, string>): void {
  const { isSymlink, isDirectory, mode } = Deno.lstatSync(path);
  if (isSymlink) files[path] = `-> ${Deno.readLinkSync(path)}`;
  else if (!isDirectory) files[path] = `${(mode! & 0o7777).toString(8)} ${Deno.readTextFileSync(path)}`;
  else for (const { name } of Deno.readDirSync(path)) collect(join(path, name), files);
}
