/**
 * Writes docs/reference.md from the command tree, and the providers into the README.
 *
 *   scripts/deno task docs
 */
import { join } from "node:path";
import { ROOT } from "../compile/deno.ts";
import { reference } from "./markdown.ts";
import { commandTree, pageOf } from "./pages.ts";
import { withProviders } from "./providers_table.ts";

/** As `deno fmt` writes it. */
async function formatted(markdown: string): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", "--ext", "md", "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt failed");
  return new TextDecoder().decode(stdout);
}

/** The generated documents, by path, as they should be. */
export async function documents(): Promise<ReadonlyMap<string, string>> {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  return new Map([
    ["docs/reference.md", await formatted(reference(pageOf(commandTree())))],
    ["README.md", await formatted(withProviders(readme))],
  ]);
}

if (import.meta.main) {
  for (const [path, text] of await documents()) await Deno.writeTextFile(join(ROOT, path), text);
}
