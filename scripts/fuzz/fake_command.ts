import { bytesIn } from "./bytes.ts";

/** What a program does: its exit code and outputs, or that it does not start, or never ends. */
export type Run =
  | { readonly code: number; readonly stdout: string; readonly stderr: string }
  | "not_started"
  | "late";

/** What was given to a program. */
export interface Started {
  readonly args: readonly string[];
  stdin: string;
}

/**
 * Lets `Deno.Command` start nothing while the work is done: one run after the other is what was given, and further
 * ones succeed without a word.
 */
export async function withRuns<T>(
  runs: readonly Run[],
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly started: readonly Started[] }> {
  const { Command, statSync } = Deno;
  const started: Started[] = [];
  const fake = class {
    readonly #args: readonly string[];
    readonly #pipes: Deno.CommandOptions;
    constructor(_program: string, options: Deno.CommandOptions) {
      this.#args = options.args ?? [];
      this.#pipes = options;
    }
    spawn(): unknown {
      const run = runs[started.length] ?? { code: 0, stdout: "", stderr: "" };
      const one: Started = { args: this.#args, stdin: "" };
      started.push(one);
      if (run === "not_started") throw new Deno.errors.NotFound();
      return childOf(run, one, this.#pipes);
    }
  };
  const programIsThere = (path: string | URL) =>
    /secret-tool$/.test(String(path)) ? { isFile: true } : statSync(path);
  Object.assign(Deno, { Command: fake, statSync: programIsThere });
  try {
    return { result: await work(), started };
  } finally {
    Object.assign(Deno, { Command, statSync });
  }
}

function childOf(run: Exclude<Run, "not_started">, started: Started, pipes: Deno.CommandOptions): unknown {
  const never = new Promise<never>(() => {});
  const isLate = run === "late";
  const output = (text: string) => isLate ? new ReadableStream() : new Response(bytesIn(text)).body!;
  return {
    status: isLate ? never : Promise.resolve({ code: run.code }),
    stdout: pipes.stdout === "piped" ? output(isLate ? "" : run.stdout) : undefined,
    stderr: output(isLate ? "" : run.stderr),
    stdin: new WritableStream<Uint8Array>({
      write: (part) => void (started.stdin += new TextDecoder().decode(part)),
    }),
    kill() {},
  };
}
