/**
 * Runs the executable under mixed load for minutes, and checks that every answer belongs to its request, that no
 * credential went astray, and that memory, sockets and descriptors come back. Needs root, for a mount namespace.
 *
 *   scripts/deno task soak [--minutes <n>]
 */
import { startScene } from "../../tests/support/scene.ts";
import { answerAsProvider } from "./provider.ts";
import { KINDS, type Tally } from "./kinds.ts";
import { checkMemory, type Sample, sample, settled } from "./process.ts";

/** Requests that are under way at a time: together with the pauses about half of what the proxy can do. */
const WORKERS = 24;

/** How long a worker rests between two requests, in milliseconds, and how often memory is looked at. */
const PAUSE = 12;
const SAMPLING = 5000;

const PROVIDERS = ["openai", "anthropic", "google", "mistral"];

function minutesOf(args: readonly string[]): number | undefined {
  if (args.length === 0) return 20;
  const minutes = args[0] === "--minutes" && args.length === 2 ? Number(args[1]) : NaN;
  return minutes > 0 && minutes <= 24 * 60 ? minutes : undefined;
}

async function soak(minutes: number): Promise<string[]> {
  await using scene = await startScene(PROVIDERS);
  const clients = ["one", "two"].map((name) => scene.box.run(["clients", "add", name]));
  const tokens = [scene.token, ...(await Promise.all(clients)).map(({ stdout }) => stdout.trim())];
  scene.providers.recordBodies = false;
  scene.providers.answer = answerAsProvider;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), minutes * 60_000);
  const { pid, port } = scene.proxy;
  const client = Deno.createHttpClient({});
  const idle = await sample(pid);
  const tally: Tally = { wrong: [], counts: new Map() };
  const samples: Sample[] = [];

  async function work(index: number): Promise<void> {
    for (let n = index; !stop.signal.aborted; n++) {
      const kind = KINDS[n % KINDS.length]!;
      const provider = PROVIDERS[(n * 7 + index) % PROVIDERS.length]!;
      const token = tokens[(n * 5 + index) % tokens.length]!;
      try {
        await kind.run({ port, provider, token, nonce: crypto.randomUUID(), client });
        tally.counts.set(kind.name, (tally.counts.get(kind.name) ?? 0) + 1);
      } catch (error) {
        tally.wrong.push(`${kind.name} of ${provider}: ${error instanceof Error ? error.message : error}`);
      }
      scene.providers.received.length = 0;
      await rest(PAUSE * 2 * Math.random(), stop.signal);
    }
  }

  async function edit(): Promise<void> {
    for (let n = 0; !stop.signal.aborted; n++) {
      await scene.box.run(["clients", "add", `guest-${n}`]);
      await scene.box.run(["clients", "remove", `guest-${n}`]);
      await rest(3000, stop.signal);
    }
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      samples.push(await sample(pid));
      await rest(SAMPLING, stop.signal);
    }
  }

  await Promise.all([...Array.from({ length: WORKERS }, (_, index) => work(index)), edit(), watch()]);
  clearTimeout(timer);
  client.close();
  const after = await settled(pid, idle);
  const { wrong, counts } = tally;
  for (const [name, count] of counts) console.log(`${name.padEnd(28)} ${count}`);
  const faults = [...wrong.slice(0, 20), ...checkMemory(samples, minutes), ...after];
  const bugs = scene.proxy.log().match(/ error: .*/g) ?? [];
  console.log(`wrong answers ${wrong.length}, memory ${samples.at(-1)!.memory} MiB, at first ${idle.memory}`);
  return [...faults, ...bugs.slice(0, 20)];
}

function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}

const minutes = minutesOf(Deno.args);
if (minutes === undefined) {
  console.error("soak: give --minutes and a number, such as: scripts/deno task soak --minutes 2");
  Deno.exit(2);
}
const faults = await soak(minutes);
for (const fault of faults) console.error(`soak: ${fault}`);
console.log(`soak: ${minutes} minutes, ${faults.length} faults`);
Deno.exit(faults.length > 0 ? 1 : 0);
