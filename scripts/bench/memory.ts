import { startAgentgazer } from "./agentgazer.ts";
import { compileBare } from "./bare.ts";
import { listening, residentMemory, type Setting, startProgram } from "./setting.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Row } from "./table.ts";

const ROUNDS = 5;
const PORT = 18803;
const MIB = 2 ** 20;

/** The resident memory of a proxy with nothing to do. */
export async function memory(setting: Setting): Promise<Row[]> {
  const source = `Deno.serve({ hostname: "127.0.0.1", port: ${PORT} }, () => new Response("x"));\n`;
  const bare = await compileBare(setting, "serve", source);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await using server = startProgram([bare]);
    await listening(PORT);
    await using proxy = await startAgentgazer(setting, { name: `idle-${round}` });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    theirs.push(await residentMemory(server.pid, "VmRSS") / MIB);
    ours.push(await residentMemory(proxy.pid, "VmRSS") / MIB);
  }
  const what = "idle memory, MiB";
  return [
    { what, target: "Deno.serve", value: median(theirs) },
    {
      what,
      target: "agentgazer start",
      value: median(ours),
      against: "Deno.serve",
      ratio: medianRatio(ours, theirs),
      bar: { atMost: 1.4 },
    },
  ];
}
