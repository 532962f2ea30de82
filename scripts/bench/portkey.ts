import { join } from "node:path";
import { authority, listening, run, type Setting, type Started, startProgram } from "./setting.ts";
import type { Target } from "./wrk.ts";

const PACKAGE = "@portkey-ai/gateway@1.15";
const PORT = 18802;

/** Where Portkey's gateway takes the place of the proxy. */
export const PORTKEY: Target = {
  name: "portkey",
  url: `http://127.0.0.1:${PORT}/v1/chat/completions`,
  headers: { authorization: "Bearer sk-bench", "x-portkey-provider": "openai" },
};

/** Downloads the gateway into the folder, with its dependencies. */
export async function installPortkey(folder: string): Promise<void> {
  const home = Deno.env.get("HOME") ?? folder;
  const env = Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => /npm|ssl|node/i.test(name)),
  );
  await run(["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", folder, PACKAGE], {
    env: { ...env, HOME: home },
  });
}

/** Starts the gateway. */
export async function startPortkey({ folder }: Setting): Promise<Started> {
  const program = join(folder, "node_modules/@portkey-ai/gateway/build/start-server.js");
  const env = { HOME: folder, NODE_EXTRA_CA_CERTS: authority(folder) };
  const started = startProgram(["node", program, `--port=${PORT}`, "--headless"], { env, cwd: folder });
  await listening(PORT);
  return started;
}
