/** Where programs of the system may be. PATH is never searched. */
const FOLDERS = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/run/current-system/sw/bin"];

/** The places of a program, in the order in which they are tried. */
export function placesOf(name: string): string[] {
  return FOLDERS.map((folder) => `${folder}/${name}`);
}

/** The first of these places that has a file. */
export function firstProgram(places: readonly string[]): string | undefined {
  return places.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}
