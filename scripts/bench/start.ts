import { makeHome } from "./agentgazer.ts";
import { compileBare } from "./bare.ts";
import { run, type Setting } from "./setting.ts";
import { median, medianRatio, quantile } from "./statistics.ts";
import type { Row } from "./table.ts";

const ROUNDS = 41;

/** How long commands take from their start to their end. */
export async function start(setting: Setting): Promise<Row[]> {
  const { executable } = setting;
  const bare = await compileBare(setting, "bare", 'console.log("x");\n');
  const env = await makeHome(setting, "start");
  const programs: [target: string, command: string[], bar: number | undefined][] = [
    ["console.log", [bare], undefined],
    ["agentgazer --version", [executable, "--version"], 1.5],
    ["agentgazer providers list", [executable, "providers", "list"], 2],
  ];
  const times = programs.map((): number[] => []);
  for (let round = -2; round < ROUNDS; round++) {
    for (const [i, [, command]] of programs.entries()) {
      const begun = performance.now();
      await run(command, { env });
      if (round >= 0) times[i]!.push(performance.now() - begun);
    }
  }
  return programs.map(([target, , bar], i): Row => ({
    what: "cold start, ms",
    target,
    value: median(times[i]!),
    spread: [quantile(times[i]!, 0.25), quantile(times[i]!, 0.75)],
    ...bar !== undefined && {
      against: "console.log",
      ratio: medianRatio(times[i]!, times[0]!),
      bar: { atMost: bar },
    },
  }));
}
