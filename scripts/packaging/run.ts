/** Runs a program to its end. @returns what it wrote to stdout @throws {Error} when it fails */
export async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const command = new Deno.Command(program, { args: [...args], env, stdin: "null", stdout: "piped" });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`${program} failed`);
  return new TextDecoder().decode(stdout);
}
