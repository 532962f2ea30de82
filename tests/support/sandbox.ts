import assert from "node:assert/strict";
import { join } from "node:path";
import { type Box, makeBox, type Run, type RunOptions } from "./program.ts";
import { type Providers, startProviders } from "./providers.ts";
import { canaryKey } from "./scene.ts";

/** A user without a name and a home. */
export const USER = 12345;

/** Runs what follows as a user. */
export function as(id: number): string[] {
  return ["setpriv", "--reuid", `${id}`, "--regid", `${id}`, "--clear-groups", "--"];
}

/** What a vault's folder may hold. */
const FILES = ["machine.key", "proxy.json", "vault.json", "vault.lock"];

/** Where sandboxes are made: providers, and a box in which other users may look for what is theirs. */
export interface Yard extends AsyncDisposable {
  readonly providers: Providers;
  readonly box: Box;
  /**
   * Makes a folder in the box. A vault's folder has to be one of these: what ends a proxy in a box must not take
   * a process id of another namespace out of the `proxy.json` in the box's own.
   */
  folder(name: string, owner?: number, mode?: number): Promise<string>;
  /** Makes a file in the box. */
  file(name: string, content: string | Uint8Array, owner?: number, mode?: number): Promise<string>;
}

/** Makes the yard. */
export async function makeYard(): Promise<Yard> {
  const path = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  await Deno.chmod(path, 0o755);
  const providers = await startProviders(path);
  const box = await makeBox(providers, path);
  const own = async (made: string, owner: number, mode: number) => {
    await Deno.chown(made, owner, owner);
    await Deno.chmod(made, mode);
    return made;
  };
  return {
    providers,
    box,
    async folder(name, owner = USER, mode = 0o700) {
      await Deno.mkdir(join(path, name));
      return await own(join(path, name), owner, mode);
    },
    async file(name, content, owner = USER, mode = 0o600) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(join(path, name), bytes);
      return await own(join(path, name), owner, mode);
    },
    async [Symbol.asyncDispose]() {
      await providers[Symbol.asyncDispose]();
      await box[Symbol.asyncDispose]();
    },
  };
}

/** Stores the key of OpenAI. */
export function setKey({ box }: Yard, options: RunOptions): Promise<Run> {
  return box.run(["providers", "set", "openai"], { ...options, stdin: canaryKey("openai") + "\n" });
}

/** Without a home, with a vault here and a key file there. */
export function withKey(vault: string, path: string): RunOptions {
  return {
    wrapper: as(USER),
    env: { AGENTGAZER_HOME: vault, AGENTGAZER_MACHINE_KEY_FILE: path, HOME: "/nonexistent" },
  };
}

/** What a proxy said while it worked. */
export interface Worked {
  readonly log: string;
  /** Where `env` pointed the SDK of OpenAI. */
  readonly base: string;
}

/** Proves that a key can be stored, and that a proxy sends it to the provider. */
export async function proveWorking(yard: Yard, options: RunOptions): Promise<Worked> {
  const { code, stderr } = await setKey(yard, options);
  assert.equal(code, 0, stderr);
  return await proveCall(yard, options);
}

/** Proves that a proxy sends the stored key to the provider. */
export async function proveCall({ box, providers }: Yard, options: RunOptions): Promise<Worked> {
  await using proxy = await box.start([], options);
  const env = await box.run(["env", "--shell", "json"], options);
  assert.equal(env.code, 0, env.stderr);
  const { OPENAI_API_KEY: token, OPENAI_BASE_URL: base } = JSON.parse(env.stdout);
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${proxy.url}/openai/v1/models`, { headers });
  assert.equal(await answer.text(), '{"ok":true}', proxy.log());
  assert.equal(providers.takeOne().headers.get("authorization"), `Bearer ${canaryKey("openai")}`);
  assert.doesNotMatch(proxy.log(), /this is a bug/i);
  return { log: proxy.log(), base };
}

/** Proves that the stored key opens, and gets to the provider. */
export async function assertTested({ box, providers }: Yard, options: RunOptions): Promise<void> {
  const { code, stderr } = await box.run(["providers", "test"], options);
  assert.equal(code, 0, stderr);
  assert.equal(providers.takeOne().headers.get("authorization"), `Bearer ${canaryKey("openai")}`);
}

/** Proves that a command said what is wrong and what helps. */
export function assertRefused(run: Run, code: number, message: string): void {
  assert.equal(run.code, code, run.stderr);
  assert.ok((run.stdout + run.stderr).includes(message), run.stderr);
  assert.match(run.stderr, /^agentgazer: error: .+\nagentgazer: hint: .+\n$/m);
  assert.doesNotMatch(run.stderr, /this is a bug|\.[jt]s:/i);
}

/** The files of a vault, none of them half-written. */
export async function filesIn(folder: string): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).toSorted();
  assert.deepEqual(names.filter((name) => !FILES.includes(name)), []);
  return names;
}
