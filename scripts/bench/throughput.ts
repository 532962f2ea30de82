import { startAgentgazer } from "./agentgazer.ts";
import { DIRECT, NGINX, startNginxProxy, startUpstream } from "./nginx.ts";
import { PORTKEY, startPortkey } from "./portkey.ts";
import type { Setting } from "./setting.ts";
import { median, medianRatio, quantile } from "./statistics.ts";
import type { Row } from "./table.ts";
import { type Load, load, type Target } from "./wrk.ts";

/** A long one first: a runtime that compiles as it goes needs some seconds to show what it can do. */
const WARM_UP = 8;

/** Requests per second over 32 connections. */
export async function throughput(setting: Setting): Promise<Row[]> {
  const { loads, targets } = await interleave(setting, 32);
  const series = (name: string) => loads.get(name)!.map(({ requests }) => requests);
  return targets.map(({ name }): Row => {
    const ours = name === "agentgazer";
    return {
      ...rowOf("requests/s, 32 connections", name, series(name)),
      ...name !== "nginx" && { against: "nginx", ratio: medianRatio(series(name), series("nginx")) },
      ...ours && { bar: { atLeast: 0.65 } },
    };
  }).concat({
    what: "requests/s, 32 connections",
    target: "agentgazer",
    value: median(series("agentgazer")),
    against: "portkey",
    ratio: medianRatio(series("agentgazer"), series("portkey")),
    bar: { atLeast: 20 },
  });
}

/** How long a request takes over one connection. */
export async function latency(setting: Setting): Promise<Row[]> {
  const { loads, targets } = await interleave(setting, 1);
  return (["p50", "p99"] as const).flatMap((share) => {
    const series = (name: string) => loads.get(name)!.map((one) => one[share]);
    return targets.map(({ name }): Row => ({
      ...rowOf(`${share}, 1 connection, µs`, name, series(name)),
      ...name !== "nginx" && { against: "nginx", ratio: medianRatio(series(name), series("nginx")) },
      ...name === "agentgazer" && { bar: { atMost: share === "p50" ? 2.6 : 4 } },
    }));
  });
}

async function interleave(
  setting: Setting,
  connections: number,
): Promise<{ readonly targets: readonly Target[]; readonly loads: ReadonlyMap<string, Load[]> }> {
  await using _upstream = await startUpstream(setting);
  await using _nginx = await startNginxProxy(setting);
  await using _portkey = await startPortkey(setting);
  await using proxy = await startAgentgazer(setting);
  const targets = [DIRECT, NGINX, proxy.target, PORTKEY];
  const loads = new Map(targets.map(({ name }): [string, Load[]] => [name, []]));
  for (const target of targets) await load({ ...setting, seconds: WARM_UP }, target, connections);
  for (let round = 0; round < setting.rounds; round++) {
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(round + i) % targets.length]!;
      loads.get(target.name)!.push(await load(setting, target, connections));
    }
  }
  return { targets, loads };
}

function rowOf(what: string, target: string, values: readonly number[]): Row {
  const spread = [quantile(values, 0.25), quantile(values, 0.75)] as const;
  return { what, target, value: median(values), spread };
}
