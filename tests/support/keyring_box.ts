import { keyStores } from "../../backends/keystores.ts";
import { type EntryKind, parseEnvelope } from "../../lib/vault/envelope.ts";
import { homeFrom } from "../../lib/vault/home.ts";
import type { BackendName } from "../../lib/vault/keystore.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { fakeSystem } from "./fake_system.ts";
import { type Keyring, type KeyringState, startKeyring } from "./keyring.ts";
import { SERVICE } from "./libsecret_box.ts";
import { type Box, makeBox, type Outside, type Proxy, type Run, type RunOptions } from "./program.ts";
import { realRandom } from "./real_random.ts";

/** A home folder in which the executable runs in the session of a keyring. */
export interface KeyringBox extends AsyncDisposable {
  readonly keyring: Keyring;
  readonly box: Box;
  run(args: readonly string[], options?: RunOptions): Promise<Run>;
  start(args?: readonly string[], options?: RunOptions): Promise<Proxy>;
  /** Stores a key of OpenAI and gives what the program said. */
  set(key: string, options?: RunOptions): Promise<Run>;
  /** `keystore status --json`. */
  status(options?: RunOptions): Promise<{ backend: string; reason: string; state: string }>;
  /** The vault, in this process. */
  vault(): Vault;
  /** The credentials that open in this process, without asking anybody. */
  opened(...ids: readonly string[]): Promise<string[]>;
  /** The id of the vault and where its key is. */
  recorded(): { readonly id: string; readonly backend: BackendName };
  /** The accounts of the vault keys in the keyring. */
  accounts(): Promise<string[]>;
}

/** Starts a keyring and makes a home folder. The folder of `outside` is used, if it is given. */
export async function keyringBox(
  state: KeyringState = "open",
  outside?: Outside,
  folder?: string,
): Promise<KeyringBox> {
  const keyring = await startKeyring({ state });
  return boxIn(keyring, await makeBox(outside, folder), () => keyring[Symbol.asyncDispose]());
}

/** A further home folder in the same session. */
export async function boxBeside(keyring: Keyring): Promise<KeyringBox> {
  return boxIn(keyring, await makeBox(), () => Promise.resolve());
}

function boxIn(keyring: Keyring, box: Box, end: () => PromiseLike<void>): KeyringBox {
  const home = homeFrom((name) => name === "AGENTGAZER_HOME" ? box.home : undefined);
  const inSession = ({ env, ...options }: RunOptions = {}) => ({
    ...options,
    env: { ...keyring.env, ...env },
  });
  const run = (args: readonly string[], options?: RunOptions) => box.run(args, inSession(options));
  const vault = () => {
    const system = { ...fakeSystem({ env: keyring.env }), random: realRandom };
    return new Vault(home, keyStores(system, home.machineKey, "silent"), system);
  };
  return {
    keyring,
    box,
    run,
    vault,
    start: (args, options) => box.start(args, inSession(options)),
    set: (key, options) => run(["providers", "set", "openai", "--force"], { stdin: key, ...options }),
    async status(options) {
      const { code, stdout, stderr } = await run(["keystore", "status", "--json"], options);
      if (code !== 0) throw new Error(stderr);
      return JSON.parse(stdout);
    },
    async opened(...ids) {
      const one = vault();
      const open = async (id: string) => (await one.open("api-key" satisfies EntryKind, id))?.reveal() ?? "";
      return await Promise.all(ids.map(open));
    },
    recorded() {
      const { id, key } = parseEnvelope(Deno.readFileSync(home.vault), home.vault);
      return { id, backend: key.backend };
    },
    async accounts() {
      const keys = (await keyring.items()).filter(({ attributes }) => attributes.service === SERVICE);
      return keys.map(({ attributes }) => attributes.username!);
    },
    async [Symbol.asyncDispose]() {
      await end();
      await box[Symbol.asyncDispose]();
    },
  };
}
