import { join } from "node:path";
import { busAddress, onBus, startBus } from "./keyring/bus.ts";
import { type Prompter, type PromptMode, startPrompter } from "./keyring/prompter.ts";
import { makeProvider } from "./keyring/provider.ts";
import { type SecretTool, secretTool } from "./keyring/secret_tool.ts";

/** The password of the keyrings of tests. */
export const KEYRING_PASSWORD = "a keyring's password";

/** An entry, with its value unless it is locked. */
export interface Item {
  readonly label: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly value?: string;
}

/** How a keyring begins. */
export type KeyringState =
  /** As after a login. */
  | "open"
  /** Open once, and locked since. */
  | "locked"
  /** Not opened since its provider started, as after a login without a password. */
  | "locked-cold"
  /** A provider, which has no keyring. */
  | "no-keyring"
  /** A bus, and nothing on it. */
  | "no-provider"
  /** An address where nobody listens. */
  | "dead-bus"
  /** No address, and a runtime folder without a `bus`. */
  | "no-bus";

/** A real keyring in a session of its own, which is gone at disposal. */
export interface Keyring extends AsyncDisposable {
  /** What a program needs to reach it. */
  readonly env: Readonly<Record<string, string>>;
  /** A home folder of its own, with all of the session's files. */
  readonly folder: string;
  /** secret-tool(1) in this session. */
  readonly tool: SecretTool;
  /** Locks the keyring under its provider. */
  lock(): Promise<void>;
  /** Ends the provider and starts another, which has not opened the keyring. */
  lockCold(): Promise<void>;
  /** Opens the keyring, as another program would. */
  unlock(): Promise<void>;
  /** All entries. */
  items(): Promise<readonly Item[]>;
  /** Starts what shows the keyring's prompts. It ends with the keyring, if not before. */
  prompter(mode: PromptMode): Promise<Prompter>;
  /** Stops the provider, which then answers nobody. */
  pause(): Promise<void>;
  /** Lets it go on. */
  resume(): void;
  /** Kills the provider. */
  crash(): Promise<void>;
}

/** Starts a session, which is in the given state when this resolves. */
export async function startKeyring({ state }: { readonly state: KeyringState }): Promise<Keyring> {
  const session = new AsyncDisposableStack();
  try {
    return await start(state, session);
  } catch (error) {
    await session.disposeAsync();
    throw error;
  }
}

async function start(state: KeyringState, session: AsyncDisposableStack): Promise<Keyring> {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  session.defer(() => Deno.remove(folder, { recursive: true }));
  const runtime = join(folder, "run");
  await Deno.mkdir(runtime, { mode: 0o700 });

  const bus = state === "no-bus" ? {} : { DBUS_SESSION_BUS_ADDRESS: busAddress(runtime) };
  const env = { XDG_RUNTIME_DIR: runtime, ...bus };
  const own = { HOME: folder, XDG_DATA_HOME: join(folder, "data"), ...env };
  const provider = makeProvider(own, session);

  const keyring: Keyring = {
    env,
    folder,
    tool: secretTool(env),
    lock: async () => void await onBus(own, "lock"),
    async lockCold() {
      await provider.end();
      await provider.start("locked");
    },
    unlock: async () => void await onBus(own, "unlock", KEYRING_PASSWORD),
    items: async () => JSON.parse(await onBus(own, "items")),
    prompter: async (mode) => session.use(await startPrompter(mode, KEYRING_PASSWORD, own)),
    pause: provider.pause,
    resume: provider.resume,
    crash: provider.end,
    [Symbol.asyncDispose]: () => session.disposeAsync(),
  };

  if (state === "dead-bus" || state === "no-bus") return keyring;
  session.use(await startBus(folder, runtime));
  if (state === "no-provider") return keyring;
  if (state === "no-keyring") await provider.start("none");
  else await provider.start("open", KEYRING_PASSWORD);
  if (state === "locked") await keyring.lock();
  if (state === "locked-cold") await keyring.lockCold();
  return keyring;
}
