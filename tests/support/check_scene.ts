import assert from "node:assert/strict";
import { type Box, makeBox } from "./program.ts";
import { type Providers, startProviders } from "./providers.ts";
import { canaryKey } from "./scene.ts";

/** Providers, and a box with keys for them. */
export interface CheckScene extends AsyncDisposable {
  readonly providers: Providers;
  readonly box: Box;
  /** Gone at the end. */
  readonly folder: string;
}

/** What `providers test --json` left. */
export interface Tested {
  readonly code: number;
  readonly rows: unknown;
  readonly error: { readonly message: string };
}

/** A box in which each of these providers has its canary key. */
export async function makeScene(
  ids: readonly string[],
  otherHosts: readonly string[] = [],
): Promise<CheckScene> {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  const providers = await startProviders(folder, otherHosts);
  const box = await makeBox(providers, folder);
  for (const id of ids) {
    const { code, stderr } = await box.run(["providers", "set", id], { stdin: canaryKey(id) });
    assert.equal(code, 0, stderr);
  }
  return {
    providers,
    box,
    folder,
    async [Symbol.asyncDispose]() {
      await providers[Symbol.asyncDispose]();
      await box[Symbol.asyncDispose]();
    },
  };
}

/** Runs `providers test --json`, and checks that nothing of a key is told. */
export async function testCredentials(box: Box, env = {}): Promise<Tested> {
  const { code, stdout, stderr } = await box.run(["providers", "test", "--json"], { env });
  assert.doesNotMatch(stdout + stderr, /q7Zx2Wv9/);
  return { code, rows: JSON.parse(stdout), error: code === 0 ? undefined : JSON.parse(stderr).error };
}

/** The hosts that were called since. */
export function hostsAsked({ received }: Providers): string[] {
  return received.splice(0).map(({ host }) => host);
}
