import { detectKeyStores } from "./backends/detect.ts";
import { currentUserName, keyFileFrom, machineBackend } from "./backends/machine.ts";
import { machineId } from "./backends/machine_id.ts";
import { realSystem } from "./backends/system.ts";
import config from "./deno.json" with { type: "json" };
import { runCli } from "./lib/cli/program.ts";
import { describeBug } from "./lib/errors.ts";
import { fetchUpstream } from "./lib/proxy/upstream.ts";
import type { Home } from "./lib/vault/home.ts";
import type { KeyStores } from "./lib/vault/keystore.ts";

const system = realSystem();

function keyStores(home: Home): KeyStores {
  const keyFile = keyFileFrom(system.env("AGENTGAZER_MACHINE_KEY_FILE"), home.machineKey);
  const identity = { uid: () => Deno.uid(), userName: currentUserName, machineId };
  const machine = machineBackend(keyFile, identity, system.random);
  return detectKeyStores([machine], system.env("AGENTGAZER_SECRET_BACKEND"));
}

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

if (import.meta.main) {
  const { version } = config;
  const options = { version, system, upstream: fetchUpstream, keyStores };
  Deno.exit(await runCli(Deno.args, options).catch(reportBug));
}
