import { join } from "node:path";
import { run, type Setting } from "./setting.ts";

/** A chat request of 130 bytes. */
const BODY = JSON.stringify({
  model: "gpt-bench",
  messages: [{ role: "user", content: "Say hello to the person who reads this, and then no more." }],
  n: 1,
}).padEnd(130);

/** What one run of wrk showed. */
export interface Load {
  /** Per second. */
  readonly requests: number;
  /** In microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** In all. */
  readonly count: number;
}

/** Where requests go, and with what token. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends requests over so many connections for some seconds. Throws when one is answered with an error. */
export async function load(setting: Setting, target: Target, connections: number): Promise<Load> {
  const script = join(setting.folder, `${target.name}.lua`);
  const headers = Object.entries({ "content-type": "application/json", ...target.headers });
  const lines = headers.map(([name, value]) => `wrk.headers["${name}"] = "${value}"\n`);
  await Deno.writeTextFile(script, `wrk.method = "POST"\nwrk.body = '${BODY}'\n${lines.join("")}`);
  const seconds = `${Math.max(1, Math.round(setting.seconds))}s`;
  return parseWrk(
    await run(["wrk", "-t1", `-c${connections}`, `-d${seconds}`, "--latency", "-s", script, target.url]),
  );
}

/** Reads what wrk printed. Throws when requests failed. */
export function parseWrk(text: string): Load {
  const failures = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(text)?.[0];
  if (failures !== undefined && !/connect 0, read 0, write 0, timeout 0/.test(failures)) {
    throw new Error(`requests failed: ${failures}`);
  }
  const find = (pattern: RegExp) => {
    const found = pattern.exec(text);
    if (found === null) throw new Error(`wrk printed no result:\n${text}`);
    return found;
  };
  const micros = (share: number) => {
    const [, value, unit] = find(new RegExp(`^ +${share}% +([\\d.]+)(us|ms|s) *$`, "m"));
    return Number(value) * { us: 1, ms: 1000, s: 1e6 }[unit as "us" | "ms" | "s"];
  };
  return {
    requests: Number(find(/^Requests\/sec: +([\d.]+)$/m)[1]),
    p50: micros(50),
    p99: micros(99),
    count: Number(find(/^ +(\d+) requests in /m)[1]),
  };
}
