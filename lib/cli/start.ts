import { type Command, InvalidArgumentError, Option } from "commander";
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
import { failureNote, migratePlaintext } from "./migrate.ts";
import { refresherFor } from "./logins.ts";
import type { Note } from "./render.ts";
import { DEFAULT_PORT, publishAddress } from "./proxy_file.ts";
import { networkVariables, refuseRuntimeVariables } from "./runtime_variables.ts";

const HOSTS = ["127.0.0.1", "::1", "0.0.0.0", "::"];

const HOST_AND_PORT = /^(?:[a-z0-9][a-z0-9._-]{0,252}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/;

/** How many log lines may wait for a slow reader. */
const MAX_WAITING_LINES = 1000;

interface StartOptions {
  readonly host: string;
  readonly port: number;
  readonly allowHost?: readonly string[];
  readonly logFormat: "text" | "json";
}

/** Adds `start`. */
export function addStartCommand(program: Command, context: Context): void {
  program.command("start").description("run the proxy in the foreground")
    .addOption(new Option("--host <address>", "where to listen").choices(HOSTS).default("127.0.0.1"))
    .option("--port <number>", "the port; 0 takes any free one", parsePort, DEFAULT_PORT)
    .option("--allow-host <name...>", "further names it answers to, as name or name:port", parseHosts)
    .addOption(
      new Option("--log-format <format>", "one line per request").choices(["text", "json"]).default("text"),
    )
    .action((options: StartOptions) => start(context, options));
}

async function start(context: Context, { host, port, allowHost, logFormat }: StartOptions): Promise<void> {
  const { system, version, upstream } = context;
  refuseRuntimeVariables(system.env, "start");
  const home = context.home();
  const level = parseLogLevel(system.env("AGENTGAZER_LOG"));
  const write = orderedWriter(system, (count) => log.event("warn", `${count} lines of the log were dropped`));
  const log: Log = makeLog(logFormat, level, write, system.now);
  const regions = context.regions();
  for (const provider of PROVIDERS) regions.of(provider);
  const vault = context.vaultAsItIs("silent");
  await unlock(context, vault, log);
  // What happens to keys is told at every level.
  const notices = makeLog(logFormat, level === "error" ? "warn" : level, write, system.now);
  await moveIn(context, vault, notices);
  if (!PROVIDERS.some((provider) => credentialKind(vault.read(), provider) !== undefined)) {
    log.event("warn", "no credential is stored yet: agentgazer providers set <id>, or agentgazer login <id>");
  }

  const refresher = await refresherFor(context, vault, (level, message) => log.event(level, message));
  const stopping = new AbortController();
  keepFresh(refresher, vault, system, stopping.signal);

  let withdraw = () => Promise.resolve();
  const drained = await runProxy({
    host,
    port,
    allowHosts: allowHost ?? [],
    version,
    system,
    log,
    upstream,
    baseOf: (provider, entry) => regions.baseOf(provider, entry),
    credentials: new Credentials(vault, refresher, system),
    onListening: async (actualPort) => {
      const url = `http://${localName(host)}:${actualPort}`;
      await warnOnly(log, async () => {
        withdraw = await publishAddress(home, { url, pid: system.pid });
      });
      announce(log, system, version, url, host);
    },
  });
  stopping.abort();
  await warnOnly(log, withdraw);
  await refresher.settle();
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
    const hint = error.hint === undefined ? "" : ` (${error.hint})`;
    log.event("warn", `${error.message}${hint}; until then requests are answered with 503`);
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

function announce(log: Log, system: System, version: string, url: string, host: string): void {
  log.event("info", `agentgazer ${version} listens on ${url}`);
  log.event("info", 'point your tools at it: eval "$(agentgazer env)"');
  const inForce = networkVariables(system.env);
  if (inForce.length > 0) log.event("info", `in force for connections to providers: ${inForce.join(", ")}`);
  if (host === "0.0.0.0" || host === "::") {
    log.event("warn", "other machines can reach this proxy, and tokens cross the network unencrypted");
  }
}

/** Without the file only `env` can't tell another port than the default; the proxy works. */
async function warnOnly(log: Log, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    log.event("warn", `${error.message}; \`agentgazer env\` needs it to know the port`);
  }
}

/** Lines are written one after the other. A reader that stopped reading costs lines, not memory. */
function orderedWriter({ terminal }: System, onDropped: (count: number) => void): (line: string) => void {
  let last = Promise.resolve();
  let waiting = 0;
  let dropped = 0;
  return (line) => {
    if (waiting >= MAX_WAITING_LINES) {
      dropped++;
      return;
    }
    waiting++;
    last = last.then(() => terminal.err(line)).then(() => void waiting--);
    if (dropped === 0) return;
    const count = dropped;
    dropped = 0;
    onDropped(count);
  };
}

function localName(host: string): string {
  return host.includes(":") ? "[::1]" : "127.0.0.1";
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("Give a number from 0 to 65535.");
}

function parseHosts(text: string, before: readonly string[] | undefined): readonly string[] {
  const host = text.toLowerCase();
  const port = HOST_AND_PORT.exec(host)?.[1] ?? "1";
  const good = HOST_AND_PORT.test(host) && Number(port) >= 1 && Number(port) <= 65_535;
  if (good) return [...before ?? [], host];
  throw new InvalidArgumentError("Give a host name, or name:port.");
}
