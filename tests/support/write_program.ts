/**
 * Writes a program that can be started at once. A child writes it: while this process has a file open for writing,
 * whatever another test file starts at that moment inherits it, and the system starts no program that somebody writes
 * to (ETXTBSY).
 */
export function writeProgram(path: string, text: string): void {
  const { success } = new Deno.Command("/bin/sh", {
    args: ["-c", 'printf %s "$1" > "$0" && chmod 755 "$0"', path, text],
  }).outputSync();
  if (!success) throw new Error(`${path} could not be written`);
}
