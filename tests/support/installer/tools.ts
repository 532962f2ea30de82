import type { TemporaryFolder } from "../temporary_folder.ts";
import { writeProgram } from "../write_program.ts";
import { pathOf } from "./path_of.ts";

/** What the installer may find on the PATH, besides what stands in for the machine. */
const TOOLS = "cat chmod cp curl gzip mkdir mktemp mv openssl printf rm rmdir sed sha256sum shasum tar wget"
  .split(" ");

/** Programs of the machine by their names; `undefined` takes one away. */
export type Tools = Readonly<Record<string, string | undefined>>;

/** What tells the installer on which system and processor it runs. */
export function machine(system: string, processor: string, more: Tools = {}): Tools {
  const uname = `case $1 in -s) echo ${system} ;; *) echo ${processor} ;; esac`;
  return {
    uname,
    getconf: "case $1 in LONG_BIT) echo 64 ;; *) echo glibc 2.36 ;; esac",
    ldd: "echo 'ldd (GNU libc) 2.36'",
    sysctl: "exit 1",
    ...more,
  };
}

/** Puts into the folder `tools` all that the installer may find on the PATH: by default, of Linux on a PC. */
export function putTools(folder: TemporaryFolder, tools: Tools): void {
  const programs: Tools = { ...machine("Linux", "x86_64"), ...tools };
  for (const name of TOOLS.filter((name) => !(name in programs))) {
    const path = pathOf(name);
    if (path !== undefined) Deno.symlinkSync(path, folder.at("tools", name));
  }
  const cases = Object.entries(programs).filter(([, text]) => text !== undefined).map(([name, text]) => {
    Deno.symlinkSync(folder.at("tools", "any"), folder.at("tools", name));
    return `${name})\n${text}\n;;\n`;
  });
  writeProgram(folder.at("tools", "any"), `#!/bin/sh\ncase \${0##*/} in\n${cases.join("")}esac\n`);
}
