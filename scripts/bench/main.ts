/**
 * Measures the executable against nginx, Portkey and the upstream itself.
 *
 *   scripts/deno task bench [throughput latency streams bulk start memory size growth]
 *     [--rounds <n>] [--seconds <n>] [--executable <file>] [--json]
 *
 * Everything runs in namespaces of its own (network, mounts, processes), so no port is in the way, and nothing is left
 * behind. Only npm's download of Portkey happens outside of them, into the temporary folder.
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeCertificates } from "../../tests/support/certificates.ts";
import { bulk } from "./bulk.ts";
import { growth } from "./growth.ts";
import { memory } from "./memory.ts";
import { installPortkey } from "./portkey.ts";
import type { Setting } from "./setting.ts";
import { size } from "./size.ts";
import { start } from "./start.ts";
import { streams } from "./streams.ts";
import { type Row, textTable } from "./table.ts";
import { latency, throughput } from "./throughput.ts";

const MEASUREMENTS: Readonly<Record<string, (setting: Setting) => Promise<Row[]>>> = {
  throughput,
  latency,
  streams,
  bulk,
  start,
  memory,
  size,
  growth,
};

/** What must be there, and the Debian package that has it. */
const TOOLS: Readonly<Record<string, string>> = {
  nginx: "nginx-light",
  wrk: "wrk",
  curl: "curl",
  node: "nodejs",
  npm: "npm",
  ip: "iproute2",
  unshare: "util-linux",
  openssl: "openssl",
};

const HOST = "api.openai.com";
const PROGRAM = fileURLToPath(import.meta.url);
const EXECUTABLE = fileURLToPath(new URL("../../dist/agentgazer", import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "9" },
    seconds: { type: "string", default: "1.5" },
    executable: { type: "string", default: EXECUTABLE },
    json: { type: "boolean", default: false },
    inside: { type: "string" },
  },
});
const wanted = positionals.length > 0 ? positionals : Object.keys(MEASUREMENTS);

function fail(message: string): never {
  console.error(`bench: error: ${message}`);
  Deno.exit(2);
}

/** Prepares what needs the network and the file system outside, and runs this program again inside. */
async function outside(): Promise<number> {
  const unknown = wanted.find((name) => !Object.hasOwn(MEASUREMENTS, name));
  if (unknown !== undefined) {
    fail(`there is no measurement of that name: ${Object.keys(MEASUREMENTS).join(" ")}`);
  }
  for (const [tool, name] of Object.entries(TOOLS)) {
    const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${tool}`], stdout: "null" })
      .output();
    if (!success) fail(`${tool} is missing: apt-get install ${name}`);
  }
  if (Deno.uid() !== 0) fail("it needs root, for namespaces with a port 443 of their own");
  if (!await Deno.stat(values.executable).catch(() => undefined)) {
    fail("compile first: scripts/deno task compile");
  }
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-bench-" });
  // The workers of nginx are another user.
  await Deno.chmod(folder, 0o755);
  try {
    const { certificate, key } = await makeCertificates(folder, [HOST]);
    await Deno.writeTextFile(join(folder, "chain.pem"), certificate);
    await Deno.writeTextFile(join(folder, "chain.key"), key);
    await Deno.writeTextFile(join(folder, "hosts"), `127.0.0.1 localhost ${HOST}\n`);
    if (wanted.some((name) => name === "throughput" || name === "latency")) await installPortkey(folder);
    const inside = 'ip link set lo up && mount --bind "$0" /etc/hosts && exec "$@"';
    const child = new Deno.Command("unshare", {
      args: ["-mnpf", "--kill-child", "--mount-proc", "sh", "-c", inside, join(folder, "hosts")].concat(
        [Deno.execPath(), "run", "-q", "-A", PROGRAM, "--inside", folder, "--rounds", values.rounds],
        ["--seconds", values.seconds, "--executable", values.executable],
        values.json ? ["--json"] : [],
        wanted,
      ),
    }).spawn();
    Deno.addSignalListener("SIGINT", () => {});
    return (await child.status).code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measure(folder: string): Promise<number> {
  const setting: Setting = {
    folder,
    executable: values.executable,
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
  };
  const rows: Row[] = [];
  for (const name of wanted) {
    console.error(`bench: ${name}`);
    rows.push(...await MEASUREMENTS[name]!(setting));
  }
  console.log(values.json ? JSON.stringify(rows, null, 2) : textTable(rows));
  return 0;
}

Deno.exit(values.inside === undefined ? await outside() : await measure(values.inside));
