import { fileURLToPath } from "node:url";
import { startAgentgazer } from "./agentgazer.ts";
import { NGINX, startNginxProxy, startUpstream } from "./nginx.ts";
import { listening, resetPeak, residentMemory, run, type Setting, startProgram } from "./setting.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Row } from "./table.ts";

const ROUNDS = 5;
const MIB = 2 ** 20;
const SINK = fileURLToPath(new URL("sink_server.ts", import.meta.url));

/** 1 GiB down, and 1 GiB up. */
export async function bulk(setting: Setting): Promise<Row[]> {
  return [...await down(setting), ...await up(setting)];
}

async function down(setting: Setting): Promise<Row[]> {
  await using _upstream = await startUpstream(setting);
  return await transfer(setting, "down", "/openai/v1/file", ["-o", "/dev/null"], "speed_download");
}

async function up(setting: Setting): Promise<Row[]> {
  const { folder } = setting;
  await using _upstream = startProgram(
    [Deno.execPath(), "run", "-q", "-A", "--no-config", SINK, `${folder}/chain.pem`, `${folder}/chain.key`],
    { env: { HOME: Deno.env.get("HOME") ?? folder } },
  );
  await listening(443);
  const file = `${folder}/bulk`;
  await (await Deno.create(file)).truncate(2 ** 30);
  const args = ["-o", "/dev/null", "-X", "POST", "-H", "expect:", "-T", file];
  return await transfer(setting, "up", "/openai/v1/files", args, "speed_upload");
}

async function transfer(
  setting: Setting,
  way: string,
  path: string,
  args: readonly string[],
  figure: string,
): Promise<Row[]> {
  await using nginx = await startNginxProxy(setting);
  await using proxy = await startAgentgazer(setting);
  const what = `1 GiB ${way}`;
  const rates = new Map<string, number[]>([["nginx", []], ["agentgazer", []]]);
  const grown = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [{ name, url, headers }, { pid }] of [[NGINX, nginx], [proxy.target, proxy]] as const) {
      const before = await residentMemory(pid, "VmRSS");
      await resetPeak(pid);
      const fields = Object.entries(headers).flatMap(([header, value]) => ["-H", `${header}: ${value}`]);
      const format = `%{http_code} %{${figure}} %{size_download} %{size_upload}`;
      const shown = await run(["curl", "-sS", "-w", format, ...fields, ...args, new URL(path, url).href]);
      const [status, rate, downloaded, uploaded] = shown.split(" ").map(Number);
      if (status !== 200 || Math.max(downloaded!, uploaded!) !== 2 ** 30) {
        throw new Error(`${name}: ${shown}`);
      }
      rates.get(name)!.push(rate! / MIB);
      // Of the first time: later ones find the memory that it took.
      if (round === 0) grown.set(name, (await residentMemory(pid, "VmHWM") - before) / MIB);
    }
  }
  const [ours, theirs] = [rates.get("agentgazer")!, rates.get("nginx")!];
  return [
    { what: `${what}, MiB/s`, target: "nginx", value: median(theirs) },
    {
      what: `${what}, MiB/s`,
      target: "agentgazer",
      value: median(ours),
      against: "nginx",
      ratio: medianRatio(ours, theirs),
      bar: { atLeast: 0.5 },
    },
    { what: `${what}: memory over idle, MiB`, target: "nginx", value: grown.get("nginx")! },
    {
      what: `${what}: memory over idle, MiB`,
      target: "agentgazer",
      value: grown.get("agentgazer")!,
      bar: { atMost: 30 },
    },
  ];
}
