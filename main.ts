import { keyStores, legacyStores } from "./backends/keystores.ts";
import { realSystem } from "./backends/system.ts";
import config from "./deno.json" with { type: "json" };
import { runCli } from "./lib/cli/program.ts";
import { describeBug } from "./lib/errors.ts";
import { fetchUpstream } from "./lib/proxy/fetch_upstream.ts";
import { makeUpstream, type Upstream } from "./lib/proxy/upstream.ts";

/** The message of an error that nobody foresaw could hold a secret, so only its place is shown. */
function reportBug(error: unknown): number {
  console.error(`agentgazer: error: this is a bug, please report it\n${describeBug(error)}`);
  return 1;
}

// One stray promise must not end a proxy that others are using.
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  reportBug(event.reason);
});

// As a task of its own: for the first error in the frame of a module, V8 reads the whole module once more.
if (import.meta.main) queueMicrotask(() => run());

/** Runs the command line to its end. @param between what is put between the program and the providers */
export async function run(
  between: (upstream: Upstream) => Upstream = (upstream) => upstream,
): Promise<never> {
  const system = realSystem();
  const code = await runCli(Deno.args, {
    version: config.version,
    system,
    upstream: between(makeUpstream(system, fetchUpstream)),
    keyStores: (home, manner) => keyStores(system, home.machineKey, manner),
    legacy: () => legacyStores(system),
  }).catch(reportBug);
  Deno.exit(code);
}
