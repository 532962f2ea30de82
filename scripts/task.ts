/** Runs a task. What it throws is told in one line, and ends this process. */
export async function runTask(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(`${name}: error: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
