/**
 * Runs the executable under mixed load for minutes, and checks that every answer belongs to its request, that no
 * credential went astray, and that memory, sockets and descriptors come back. Needs root, for a mount namespace.
 *
 *   scripts/deno task soak [--minutes <n>]
 */
import { canaryKey } from "../../tests/support/scene.ts";
import { CODEX_HOSTS } from "../../tests/support/vendors/codex.ts";
import { localToken } from "../../tests/support/vendors/login_proxy.ts";
import { startLoginScene } from "../../tests/support/vendors/login_scene.ts";
import { seed } from "../../tests/support/vendors/seed.ts";
import { answerAsProvider } from "./provider.ts";
import { KINDS, type Tally } from "./kinds.ts";
import { checkMemory, type Sample, sample, settled } from "./process.ts";

/** Requests that are under way at a time, at most. */
const WORKERS = 24;

/** How long the capacity is measured before, and how often memory is looked at, in milliseconds. */
const MEASURING = 10_000;
const SAMPLING = 5000;

/** How long a login's token is valid, in seconds: it is renewed five minutes before, so every half minute. */
const LIFETIME = 330;

const PROVIDERS = ["openai", "anthropic", "google", "mistral"];

function minutesOf(args: readonly string[]): number | undefined {
  if (args.length === 0) return 20;
  const minutes = args[0] === "--minutes" && args.length === 2 ? Number(args[1]) : NaN;
  return minutes > 0 && minutes <= 24 * 60 ? minutes : undefined;
}

async function soak(minutes: number): Promise<string[]> {
  await using scene = await startLoginScene();
  const { box, providers, codex } = scene;
  for (const id of PROVIDERS) await box.run(["providers", "set", id], { stdin: canaryKey(id) });
  codex.settings.accessLifetime = LIFETIME;
  await seed(scene, "openai-oauth");
  providers.recordBodies = false;
  providers.answer = (request) => {
    return CODEX_HOSTS.includes(new URL(request.url).host)
      ? codex.answer(request)
      : answerAsProvider(request);
  };
  await using proxy = await box.start();
  const clients = ["one", "two"].map((name) => box.run(["clients", "add", name]));
  const tokens = [
    await localToken(scene),
    ...(await Promise.all(clients)).map(({ stdout }) => stdout.trim()),
  ];
  const { pid, port } = proxy;
  const client = Deno.createHttpClient({});
  const idle = await sample(pid);
  const tally: Tally = { wrong: [], counts: new Map() };
  const samples: Sample[] = [];

  /** One request after another, each begun this long after the last one, in milliseconds, or later. */
  async function work(index: number, gap: number, signal: AbortSignal): Promise<void> {
    for (let n = index; !signal.aborted; n++) {
      const kind = KINDS[n % KINDS.length]!;
      const provider = PROVIDERS[(n * 7 + index) % PROVIDERS.length]!;
      const token = tokens[(n * 5 + index) % tokens.length]!;
      const next = performance.now() + gap * 2 * Math.random();
      try {
        await kind.run({ port, provider, token, nonce: crypto.randomUUID(), client });
        tally.counts.set(kind.name, (tally.counts.get(kind.name) ?? 0) + 1);
      } catch (error) {
        tally.wrong.push(`${kind.name} of ${provider}: ${error instanceof Error ? error.message : error}`);
      }
      providers.received.length = 0;
      await rest(next - performance.now(), signal);
    }
  }
  const workers = (gap: number, signal: AbortSignal) =>
    Array.from({ length: WORKERS }, (_, index) => work(index, gap, signal));
  const sum = () => tally.counts.values().reduce((all, count) => all + count, 0);

  await Promise.all(workers(0, AbortSignal.timeout(MEASURING)));
  const capacity = sum() / MEASURING;
  tally.counts.clear();
  const stop = { signal: AbortSignal.timeout(minutes * 60_000) };

  async function edit(): Promise<void> {
    for (let n = 0; !stop.signal.aborted; n++) {
      await box.run(["clients", "add", `guest-${n}`]);
      await box.run(["clients", "remove", `guest-${n}`]);
      await rest(3000, stop.signal);
    }
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      samples.push(await sample(pid));
      await rest(SAMPLING, stop.signal);
    }
  }

  await Promise.all([...workers(WORKERS / (capacity / 2), stop.signal), edit(), watch()]);
  client.close();
  const after = await settled(pid, idle);
  const { wrong, counts } = tally;
  for (const [name, count] of counts) console.log(`${name.padEnd(28)} ${count}`);
  const faults = [...wrong.slice(0, 20), ...checkMemory(samples, minutes), ...after];
  if (codex.counts.refresh < minutes) faults.push(`only ${codex.counts.refresh} renewals`);
  const bugs = proxy.log().match(/ error: .*/g) ?? [];
  const load = sum() / (minutes * 60_000) / capacity;
  console.log(`capacity ${Math.round(capacity * 1000)}/s, load ${Math.round(load * 100)} %`);
  console.log(`renewals ${codex.counts.refresh}`);
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
