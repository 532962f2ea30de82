import { Buffer } from "node:buffer";

/** What stands before the modules of a bundle: where they come from (`scripts/compile/bundle.ts`). */
const PACKAGE = /^\n\/\/ npm:((?:@[\w.-]+\/)?[\w.-]+@\d[\w.+-]*)\//;
const OWN = /^\n\/\/ ((?:\.\/)?[\w./-]+\.ts)\n/;

/** What an executable is made of, beside the runtime. */
export interface Contents {
  /** The npm packages, as `name@version`. */
  readonly packages: readonly string[];
  /** The modules of this project, as paths. */
  readonly modules: readonly string[];
}

/** Reads what the bundle inside an executable says of its modules. */
export function contentsOf(executable: Uint8Array): Contents {
  const bytes = Buffer.from(executable.buffer, executable.byteOffset, executable.byteLength);
  const packages = matches(bytes, "\n// npm:", PACKAGE).map(([, id]) => id!);
  const modules = matches(bytes, "\n// ", OWN).map(([, path]) => path!);
  return { packages: sorted(packages), modules: sorted(modules) };
}

function matches(bytes: Buffer, begin: string, pattern: RegExp): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (let at = bytes.indexOf(begin); at >= 0; at = bytes.indexOf(begin, at + 1)) {
    const match = pattern.exec(bytes.toString("latin1", at, at + 300));
    if (match !== null) found.push(match);
  }
  return found;
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
