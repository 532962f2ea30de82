import { join } from "node:path";
import { authority, listening, run, type Setting, type Started, startProgram } from "./setting.ts";
import type { Target } from "./wrk.ts";

/** A running proxy of ours. */
export interface Proxy extends Started {
  readonly target: Target;
  /** Its base URL. */
  readonly url: string;
}

/** What a proxy is started with. */
export interface ProxyOptions {
  readonly name?: string;
  readonly port?: number;
  /** Changes the home folder before the start. */
  readonly prepare?: (home: string, env: Record<string, string>) => Promise<void>;
}

/** The environment of the executable, with a home folder of its own. */
export function environment(folder: string, name: string): Record<string, string> {
  return {
    HOME: join(folder, name),
    AGENTGAZER_HOME: join(folder, name, ".agentgazer"),
    AGENTGAZER_SECRET_BACKEND: "machine",
    DENO_CERT: authority(folder),
  };
}

/** Makes a home folder with one credential. */
export async function makeHome(
  { folder, executable }: Setting,
  name: string,
): Promise<Record<string, string>> {
  const env = environment(folder, name);
  await Deno.mkdir(env.HOME!, { recursive: true });
  await run([executable, "providers", "set", "openai"], { env, stdin: "sk-bench\n" });
  return env;
}

/** Starts the proxy with everything on: its log goes to a file. */
export async function startAgentgazer(setting: Setting, options: ProxyOptions = {}): Promise<Proxy> {
  const { name = "agentgazer", port = 18900, prepare } = options;
  const { folder, executable } = setting;
  const env = await makeHome(setting, name);
  await prepare?.(env.AGENTGAZER_HOME!, env);
  const command = [executable, "start", "--port", String(port)];
  const started = startProgram(command, { env, log: join(folder, `${name}.log`) });
  await listening(port);
  const token = (await run([executable, "env"], { env }).then(tokenIn)) ?? "";
  const url = `http://127.0.0.1:${port}`;
  const path = "/openai/v1/chat/completions";
  return {
    ...started,
    url,
    target: { name, url: url + path, headers: { authorization: `Bearer ${token}` } },
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}

function tokenIn(text: string): string | undefined {
  return /agz_[\w-]+/.exec(text)?.[0];
}
