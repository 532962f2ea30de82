/// <reference lib="deno.worker" />
import { minimise } from "./minimise.ts";
import { run, tried } from "./run.ts";
import type { Input, Target } from "./target.ts";
import { type Order, Progress, type Report } from "./watch.ts";

/** Runs one target in a thread of its own, so that one which never ends can be ended. */
self.addEventListener("message", async ({ data }: MessageEvent<Order>) => {
  const { TARGETS }: { readonly TARGETS: readonly Target<unknown>[] } = await import(data.module);
  const target = TARGETS.find(({ name }) => name === data.target)!;
  const progress = new Progress(data.memory);
  const report = (report: Report) => self.postMessage(report);
  const end = Date.now() + data.milliseconds;
  const found = await run(target, {
    seed: data.seed,
    kept: data.kept,
    goesOn: () => Date.now() < end,
    onInput: (input) => progress.note(input),
  });
  if (found === undefined) return report({ state: "done" });
  report({ state: "found", input: found.input, error: describe(found.error) });
  const fails = async (input: Input) => {
    progress.note(input);
    return await tried(target, input, target.subject).then(() => false, () => true);
  };
  report({ state: "minimised", input: await minimise(found.input, fails) });
});

function describe(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
