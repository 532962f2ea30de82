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

// One stray promise must not end a proxy that others are using. Its message could hold a secret.
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  console.error(`agentgazer: error: this is a bug, please report it\n${describeBug(event.reason)}`);
});

if (import.meta.main) {
  const { version } = config;
  Deno.exit(await runCli(Deno.args, { version, system, upstream: fetchUpstream, keyStores }));
}
