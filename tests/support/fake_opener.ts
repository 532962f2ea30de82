import { join } from "node:path";
import { writeProgram } from "./write_program.ts";

/** Stands in for xdg-open, in the mount namespace of one program only. */
export interface FakeOpener {
  /** Put before the program. */
  readonly wrapper: readonly string[];
  /** The arguments of every call, in order. */
  opened(): Promise<string[]>;
}

/** Makes one. @param folder of the test @param code it exits with; without one there is no such program */
export async function makeFakeOpener(folder: string, code: number | undefined): Promise<FakeOpener> {
  const programs = await Deno.makeTempDir({ dir: folder, prefix: "opener-" });
  const [script, record] = [join(programs, "xdg-open"), join(programs, "calls")];
  await Deno.writeTextFile(record, "");
  if (code !== undefined) {
    writeProgram(script, `#!/bin/sh\nprintf '%s\\n' "$@" >>'${record}'\nexit ${code}\n`);
  }
  // What is no file is no program.
  const source = code === undefined ? "/dev/null" : script;
  const hide = 'mount --bind "$0" /usr/local/bin && if [ -e /usr/bin/xdg-open ]; ' +
    'then mount --bind "$1" /usr/bin/xdg-open; fi && shift && exec "$@"';
  return {
    wrapper: ["sh", "-c", hide, programs, source],
    opened: async () => (await Deno.readTextFile(record)).split("\n").slice(0, -1),
  };
}
