import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Holds the two ports on which a browser login may end, which all test files share, until it is disposed of. Whoever
 * runs `login openai-oauth` without `--device` needs them.
 */
export async function takeCallbackPorts(): Promise<Disposable> {
  const path = join(tmpdir(), "agentgazer-test-callback-ports.lock");
  const file = await Deno.open(path, { create: true, write: true });
  await file.lock(true);
  return file;
}
