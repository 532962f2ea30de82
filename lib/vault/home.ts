import { isAbsolute, join } from "node:path";
import { AppError } from "../errors.ts";

/** The files below `$AGENTGAZER_HOME`, as absolute paths. */
export interface Home {
  readonly folder: string;
  /** Settings; the plaintext keys of old versions too. */
  readonly config: string;
  readonly vault: string;
  readonly lock: string;
  readonly machineKey: string;
  /** Held while the login of this provider is changed. */
  refreshLock(id: string): string;
  /** Where the running proxy listens; locked while it runs. */
  readonly proxy: string;
}

/**
 * Where the program keeps its files: `AGENTGAZER_HOME`, else `.agentgazer` in the user's home folder.
 *
 * @throws {AppError} `usage` when neither variable names an absolute path
 */
export function homeFrom(env: (name: string) => string | undefined): Home {
  const folder = env("AGENTGAZER_HOME") ?? below(env("HOME"));
  if (folder === undefined || !isAbsolute(folder)) {
    throw new AppError(
      "usage",
      "Cannot find a folder for the vault: " +
        (folder === undefined ? "HOME is not set" : "the path is not absolute"),
      "set AGENTGAZER_HOME to an absolute path",
    );
  }
  return {
    folder,
    config: join(folder, "config.json"),
    vault: join(folder, "vault.json"),
    lock: join(folder, "vault.lock"),
    machineKey: join(folder, "machine.key"),
    refreshLock: (id) => join(folder, `refresh-${id}.lock`),
    proxy: join(folder, "proxy.json"),
  };
}

function below(home: string | undefined): string | undefined {
  return home === undefined ? undefined : join(home, ".agentgazer");
}
