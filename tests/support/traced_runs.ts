import { join } from "node:path";
import type { Box, Run, Running, RunOptions } from "./program.ts";
import { traced } from "./traced.ts";

/** Runs commands, and keeps what they write and what they hand to the system. */
export interface TracedRuns {
  run(args: readonly string[], options?: RunOptions): Promise<Run>;
  spawn(args: readonly string[]): Running;
  /** How to trace one that is started otherwise. */
  wrapper(what: string): string[];
  /** Keeps a further text. */
  keep(what: string, text: string): void;
  /** All of it, with what it is. Once nothing runs any more. */
  texts(): Promise<readonly (readonly [what: string, text: string])[]>;
}

/** Makes them. @param folder for the traces, which is not the box's */
export function tracedRuns(box: Box, folder: string): TracedRuns {
  const texts: [what: string, text: string][] = [];
  const traces: [what: string, path: string][] = [];
  const wrapper = (what: string) => {
    const path = join(folder, `trace${traces.length}`);
    traces.push([what, path]);
    return traced(path);
  };
  const keep = (what: string, text: string) => void texts.push([what, text]);
  const keepRun = (what: string, { stdout, stderr }: Run) => keep(`the output of ${what}`, stdout + stderr);
  return {
    wrapper,
    keep,
    async run(args, options) {
      const what = args.join(" ");
      const run = await box.run(args, { ...options, wrapper: wrapper(what) });
      keepRun(what, run);
      return run;
    },
    spawn(args) {
      const what = args.join(" ");
      const running = box.spawn(args, { wrapper: wrapper(what) });
      running.ended.then((run) => keepRun(what, run));
      return running;
    },
    async texts() {
      const read = async ([what, path]: [string, string]) =>
        [`what ${what} hands to the system`, await Deno.readTextFile(path)] as const;
      return [...texts, ...await Promise.all(traces.map(read))];
    },
  };
}
