import { join, parse } from "node:path";
import { runDeno } from "./deno.ts";

/** The comment that stands before a module of an npm package; where the package lies differs from machine to machine. */
const PLACE = /^\/\/ \S*\/npm\/[^/\s]+\/((?:@[\w.-]+\/)?[\w.-]+)\/(\d[\w.+-]*)\//gm;

/** The name of a file that the bundler split off: its digest depends on the comments. */
const SPLIT = /([\w-]+)-[0-9A-Z]{8}\.js\b/g;

/**
 * Bundles a program into a folder, so that nothing but run-time code gets into the executable. What only logins and
 * `start` need stays in files of its own, which are loaded by them alone. The same sources give the same bytes, in
 * whatever folder they and the packages are.
 *
 * @param seconds since 1970 began: the time that the files get, since the executable records it
 * @returns the file with the program's beginning
 */
export async function bundle(entry: string, folder: string, seconds: number): Promise<string> {
  await runDeno("bundle", "-q", "--code-splitting", "--outdir", folder, entry);
  const main = `${parse(entry).name}.js`;
  const names = new Map([[main, main]]);
  // Files are named in the order in which the program's beginning leads to them.
  for (const name of names.keys()) {
    const path = join(folder, name);
    const text = (await Deno.readTextFile(path)).replace(PLACE, "// npm:$1@$2/");
    const renamed = text.replace(SPLIT, (split, stem) => {
      if (!names.has(split)) names.set(split, `${stem}-${names.size}.js`);
      return names.get(split)!;
    });
    const place = renamed.match(/^\/\/ (?:\.\.\/|\/).*/m);
    if (place !== null) throw new Error(`the bundle says where it was made: ${place[0]}`);
    await Deno.remove(path);
    const named = join(folder, names.get(name)!);
    await Deno.writeTextFile(named, renamed);
    await Deno.utime(named, seconds, seconds);
  }
  return join(folder, main);
}
