import { fileURLToPath } from "node:url";
import { startAgentgazer } from "./agentgazer.ts";
import { NGINX, startNginxProxy } from "./nginx.ts";
import { listening, resetPeak, residentMemory, type Setting, startProgram } from "./setting.ts";
import { follow, type StreamTarget } from "./sse_client.ts";
import { quantile } from "./statistics.ts";
import type { Row } from "./table.ts";

const COUNT = 1000;
const PER_SECOND = 250;
const SECONDS = 12;
const MIB = 2 ** 20;
const SERVER = fileURLToPath(new URL("sse_server.ts", import.meta.url));

/** A thousand streams of five events a second. */
export async function streams(setting: Setting): Promise<Row[]> {
  const { folder } = setting;
  await using _server = startProgram(
    [Deno.execPath(), "run", "-q", "-A", "--no-config", SERVER, `${folder}/chain.pem`, `${folder}/chain.key`],
    { env: { HOME: Deno.env.get("HOME") ?? folder, DENO_NO_UPDATE_CHECK: "1" } },
  );
  await listening(443);
  await using nginx = await startNginxProxy(setting);
  await using proxy = await startAgentgazer(setting);
  const caCerts = [await Deno.readTextFile(`${folder}/ca.pem`)];
  const direct: StreamTarget = {
    name: "direct",
    connect: () => Deno.connectTls({ hostname: "api.openai.com", port: 443, caCerts }),
    request: requestTo("/v1/stream", "api.openai.com", {}),
  };
  const rows: Row[] = [];
  const base = await follow(direct, COUNT, PER_SECOND, SECONDS, () => Promise.resolve());
  rows.push(...delayRows("direct", base.delays, undefined), brokenRow("direct", base.broken));
  const proxies = [[NGINX, nginx], [proxy.target, proxy]] as const;
  for (const [{ name, url, headers }, { pid }] of proxies) {
    const { port, host } = new URL(url);
    const connect = () => Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    const target = { name, connect, request: requestTo("/openai/v1/stream", host, headers) };
    const idle = await residentMemory(pid, "VmRSS");
    await resetPeak(pid);
    let peak = 0;
    const events = await follow(target, COUNT, PER_SECOND, SECONDS, async () => {
      peak = await residentMemory(pid, "VmHWM");
    });
    rows.push(...delayRows(name, events.delays, base.delays), brokenRow(name, events.broken), {
      what: "1,000 streams: memory over idle, MiB",
      target: name,
      value: (peak - idle) / MIB,
      ...name === "agentgazer" && { bar: { atMost: 120 } },
    });
  }
  return rows;
}

function requestTo(path: string, host: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines}\r\n`;
}

function delayRows(target: string, delays: readonly number[], base: readonly number[] | undefined): Row[] {
  return ([["p50", 0.5, 2], ["p99", 0.99, 50]] as const).map(([name, share, bar]) => ({
    what: `1,000 streams: ${base === undefined ? "delay" : "added delay"} ${name}, ms`,
    target,
    value: quantile(delays, share) - (base === undefined ? 0 : quantile(base, share)),
    ...target === "agentgazer" && { bar: { atMost: bar } },
  }));
}

function brokenRow(target: string, value: number): Row {
  return { what: "1,000 streams: with a missing event", target, value, bar: { atMost: 0 } };
}
