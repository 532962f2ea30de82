import { keyStores } from "../../backends/keystores.ts";
import { realSystem } from "../../backends/system.ts";
import { clientFields, newToken } from "../../lib/vault/client.ts";
import { homeFrom } from "../../lib/vault/home.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { type Proxy, startAgentgazer } from "./agentgazer.ts";
import { startUpstream } from "./nginx.ts";
import { processorTime, type Setting } from "./setting.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Row } from "./table.ts";
import { load } from "./wrk.ts";

const SMALL = 100;
const LINE = "2026-11-24T00:00:00.000Z default - openai POST /openai/v1/chat/completions 200 400B 1ms\n";

/** What a request costs with ten times the clients and entries, and ten times the log. */
export async function growth(setting: Setting): Promise<Row[]> {
  await using _upstream = await startUpstream(setting);
  await using small = await startWith(setting, "small", 18904, SMALL);
  await using large = await startWith(setting, "large", 18905, 10 * SMALL);
  const costs = new Map<Proxy, number[]>([[small, []], [large, []]]);
  for (const { target } of [small, large]) await load({ ...setting, seconds: 8 }, target, 32);
  for (let round = 0; round < setting.rounds * 2; round++) {
    for (const proxy of round % 2 === 0 ? [small, large] : [large, small]) {
      const before = await processorTime(proxy.pid);
      const { count } = await load(setting, proxy.target, 32);
      costs.get(proxy)!.push((await processorTime(proxy.pid) - before) / count);
    }
  }
  const [ours, theirs] = [costs.get(large)!, costs.get(small)!];
  const what = "processor time of a request, µs";
  const against = `${SMALL} entries`;
  return [
    { what, target: against, value: median(theirs) },
    {
      what,
      target: `${10 * SMALL} entries`,
      value: median(ours),
      against,
      ratio: medianRatio(ours, theirs),
      bar: { atMost: 1.05 },
    },
  ];
}

/** A proxy whose vault holds so many entries, and whose log a thousand times as many lines. */
async function startWith(setting: Setting, name: string, port: number, entries: number): Promise<Proxy> {
  await Deno.writeTextFile(`${setting.folder}/${name}.log`, LINE.repeat(entries * 1000));
  return await startAgentgazer(setting, {
    name,
    port,
    async prepare(_, env) {
      const system = { ...realSystem(), env: (variable: string) => env[variable] };
      const home = homeFrom(system.env);
      const vault = new Vault(home, keyStores(system, home.machineKey, "silent"), system);
      await vault.change((draft) => {
        const rights = { allow: null, expiresAt: null, minting: false };
        // One credential is there, and the client that `env` makes follows.
        for (let i = 2; i < entries; i++) {
          const token = newToken(system.random);
          draft.put("client", `client-${i}`, token, clientFields(rights, token));
        }
      });
    },
  });
}
