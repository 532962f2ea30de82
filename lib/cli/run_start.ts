import { AppError } from "../errors.ts";
import { keepFresh } from "../oauth/background.ts";
import { PROVIDERS } from "../providers/table.ts";
import { Credentials } from "../proxy/credentials.ts";
import { type Log, makeLog, parseLogLevel } from "../proxy/log.ts";
import { runProxy } from "../proxy/server.ts";
import type { System } from "../system.ts";
import { credentialKind } from "../vault/contents.ts";
import type { Vault } from "../vault/vault.ts";
import type { Context } from "./context.ts";
import { addressOf, isLoopback, tlsFor } from "./exposure.ts";
import { LogWriter } from "./log_writer.ts";
import { failureNote, migratePlaintext } from "./migrate.ts";
import { refresherFor } from "./logins.ts";
import type { Note } from "./render.ts";
import { addressOfOther, DEFAULT_ADDRESS, publishAddress } from "./proxy_file.ts";
import { isProxy } from "./running_proxy.ts";
import type { StartOptions } from "./start.ts";
import { networkVariables, refuseRuntimeVariables } from "./runtime_variables.ts";

/** How long a reader of the log is waited for at the end, in milliseconds. */
const FLUSH_TIME = 2000;

/** Runs the proxy until it is told to end. @throws {AppError} */
export async function start(
  context: Context,
  options: StartOptions,
): Promise<void> {
  const { host, port, allowHost = [], logFormat } = options;
  const { system, version, upstream } = context;
  refuseRuntimeVariables(system.env, "start");
  const tls = tlsFor(options);
  const home = context.home();
  const level = parseLogLevel(system.env("AGENTGAZER_LOG"));
  const writer = new LogWriter(
    system,
    (count) => log.event("warn", `${count} lines of the log were dropped`),
  );
  const write = (line: string) => writer.write(line);
  const log: Log = makeLog(logFormat, level, write, system.now);
  const regions = context.regions();
  for (const provider of PROVIDERS) regions.of(provider);
  const vault = context.vaultAsItIs("silent");
  await unlock(context, vault, log);
  // What happens to keys is told at every level.
  const notices = makeLog(logFormat, level === "error" ? "warn" : level, write, system.now);
  await moveIn(context, vault, notices);

  const refresher = await refresherFor(context, vault, (level, message) => log.event(level, message));
  const stopping = new AbortController();
  keepFresh(refresher, vault, system, stopping.signal);

  let withdraw = () => Promise.resolve();
  const drained = await runProxy({
    host,
    port,
    tls,
    allowHosts: allowHost,
    version,
    system,
    log,
    upstream,
    baseOf: (provider, entry) => regions.baseOf(provider, entry),
    credentials: new Credentials(vault, refresher, system),
    whoseProxy: async (one) => {
      if (addressOfOther(home)?.port === one) return "ours";
      return await isProxy(system, one) ? "unknown" : undefined;
    },
    onListening: async (actualPort) => {
      const url = addressOf(host, actualPort, tls, allowHost);
      let other: string | undefined;
      const waiting = { sleep: system.sleep, onOther: (there: string) => other = there };
      try {
        withdraw = await publishAddress(home, { url, port: actualPort, pid: system.pid }, waiting);
      } catch (error) {
        warnUnknown(log, url, error);
      }
      announce(log, system, version, url, isEmpty(vault));
      if (other !== undefined) {
        log.event(
          "warn",
          `another proxy of yours runs at ${other}; agentgazer env leads there until it ends`,
        );
      }
      if (tls === undefined && !isLoopback(host)) {
        log.event("warn", "other machines can reach this proxy, and tokens cross the network unencrypted");
      }
    },
  });
  stopping.abort();
  // A file that stays behind is known to be that of a proxy that has ended.
  await withdraw().catch((error) => {
    if (!(error instanceof AppError)) throw error;
  });
  await refresher.settle();
  await Promise.race([writer.flush(), system.sleep(FLUSH_TIME)]);
  if (!drained) throw new AppError("interrupted", "Ended with requests still running");
}

/** A vault that can't be read ends the start; one whose keystore is not open yet is waited for. */
async function unlock(context: Context, vault: Vault, log: Log): Promise<void> {
  vault.checkBackend();
  try {
    // Only now, while somebody is looking, may the keystore ask; a request never makes a dialog appear.
    await vault.unlock(context.keyStores(context.home(), "asking"));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "keystore_unavailable") throw error;
    log.event("warn", `${error.message}; requests are answered with 503 until the vault can be opened`);
    if (error.hint !== undefined) log.event("warn", `hint: ${error.hint}`);
  }
}

/** Moves plaintext keys into the vault; the first one makes it, for which the keystore may ask. */
async function moveIn(context: Context, vault: Vault, log: Log): Promise<void> {
  const note: Note = (message, hint) => {
    log.event("warn", hint === undefined ? message : `${message} (${hint})`);
    return Promise.resolve();
  };
  const target = vault.exists() ? vault : context.vaultAsItIs("asking");
  const failure = await migratePlaintext(target, context.home(), note);
  if (failure !== undefined) await note(...failureNote(failure));
}

/** The lines that matter to somebody who starts it for the first time. */
function announce(log: Log, system: System, version: string, url: string, empty: boolean): void {
  log.notice(`agentgazer ${version} listens on ${url}`);
  log.notice('point a tool at it: eval "$(agentgazer env)", or agentgazer env --for <tool>');
  if (empty) log.notice("add a key:          agentgazer providers set <id>, or agentgazer login <id>");
  const inForce = networkVariables(system.env);
  if (inForce.length > 0) log.event("info", `in force for connections to providers: ${inForce.join(", ")}`);
}

/** Whether no credential is stored yet. */
function isEmpty(vault: Vault): boolean {
  return !PROVIDERS.some((provider) => credentialKind(vault.read(), provider) !== undefined);
}

/** Without the file the proxy works; on the default port the other commands find it all the same. */
function warnUnknown(log: Log, url: string, error: unknown): void {
  if (!(error instanceof AppError)) throw error;
  // A folder that is not safe matters in any case.
  if (url === DEFAULT_ADDRESS && error.code !== "refused") return;
  log.event("warn", `agentgazer env and doctor do not know of this proxy: ${error.message}`);
  if (error.hint !== undefined) log.event("warn", `hint: ${error.hint}`);
}
