import { join } from "node:path";
import { run, type Setting } from "./setting.ts";

/** Compiles a program of one line as ours is compiled, and gives its path. */
export async function compileBare({ folder }: Setting, name: string, source: string): Promise<string> {
  const script = join(folder, `${name}.ts`);
  const output = join(folder, name);
  await Deno.writeTextFile(script, source);
  const { HOME = folder, DENORT_BIN, DENO_DIR } = Deno.env.toObject();
  const env = { HOME, ...DENORT_BIN && { DENORT_BIN }, ...DENO_DIR && { DENO_DIR } };
  const args = ["compile", "-q", "-A", "--no-config", "--no-code-cache", "--output", output, script];
  await run([Deno.execPath(), ...args], { env });
  return output;
}
