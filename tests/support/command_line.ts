import { join } from "node:path";
import { detectKeyStores } from "../../backends/detect.ts";
import { machineBackend } from "../../backends/machine.ts";
import type { CliOptions } from "../../lib/cli/context.ts";
import { runCli } from "../../lib/cli/program.ts";
import type { System } from "../../lib/system.ts";
import type { Home } from "../../lib/vault/home.ts";
import type { LegacyStores } from "../../lib/vault/legacy.ts";
import { countingRandom, type FakeOptions, fakeSystem, START_TIME } from "./fake_system.ts";
import { temporaryFolder } from "./temporary_folder.ts";
import { answerOf, type Sent, sentOf } from "./web.ts";

/** What one command line left. */
export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How a command line is run. */
export interface CommandOptions extends FakeOptions {
  /** What the clock shows. */
  readonly time?: number;
  /** In place of the machine backend. */
  readonly keyStores?: CliOptions["keyStores"];
  /** In place of providers that are never called. */
  readonly upstream?: (request: Sent) => Promise<Response>;
  /** In place of a machine where AgentGazer never ran. */
  readonly legacy?: LegacyStores;
  /** In place of a sleep that never ends. */
  readonly sleep?: System["sleep"];
  /** In place of a network without login servers. */
  readonly fetch?: System["fetch"];
  /** In place of a machine on which nothing listens. */
  readonly connect?: System["connect"];
  /** In place of a machine where no browser can be opened. */
  readonly openBrowser?: System["openBrowser"];
}

/** A home folder in which command lines run one after the other, in this process. */
export interface CommandLine extends Disposable {
  /** `AGENTGAZER_HOME`. */
  readonly home: string;
  run(args: readonly string[], options?: CommandOptions): Promise<Result>;
}

const NOTHING: LegacyStores = { items: [], identity: () => Promise.resolve("machine:ada") };

const refuseCall = () => Promise.reject(new Error("no provider is called"));

/** Makes a command line without a vault. */
export function commandLine(): CommandLine {
  const folder = temporaryFolder();
  const home = join(folder.path, "home");
  const random = countingRandom();
  const identity = { uid: () => 1000, userName: () => "ada", machineId: () => Promise.resolve(undefined) };
  const machine = ({ machineKey }: Home) =>
    detectKeyStores([machineBackend({ path: machineKey, named: false }, identity, random)], undefined);
  return {
    home,
    async run(args, given = {}) {
      const { time = START_TIME, keyStores = machine, upstream = refuseCall, legacy = NOTHING, ...options } =
        given;
      const env = { AGENTGAZER_HOME: home, ...options.env };
      const fake = fakeSystem({ ...options, env });
      fake.time = time;
      const {
        sleep = fake.sleep,
        fetch = fake.fetch,
        connect = fake.connect,
        openBrowser = fake.openBrowser,
      } = options;
      const system = { ...fake, random, sleep, fetch, connect, openBrowser };
      const code = await runCli(args, {
        version: "1.2.3",
        system,
        upstream: async (request) => answerOf(await upstream(sentOf(request))),
        keyStores,
        legacy: () => legacy,
      });
      return { code, out: fake.stdout, err: fake.stderr };
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}
