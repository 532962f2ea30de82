import { type Command, InvalidArgumentError, Option } from "commander";
import { AppError } from "../errors.ts";
import { PROVIDERS } from "../providers/table.ts";
import { Credentials } from "../proxy/credentials.ts";
import { type Log, makeLog, parseLogLevel } from "../proxy/log.ts";
import { runProxy } from "../proxy/server.ts";
import type { System } from "../system.ts";
import { ensureFolder } from "../vault/file.ts";
import type { Vault } from "../vault/vault.ts";
import type { Context } from "./context.ts";
import { DEFAULT_PORT, removeAddress, writeAddress } from "./proxy_file.ts";

const HOSTS = ["127.0.0.1", "::1", "0.0.0.0", "::"];

const HOST_AND_PORT = /^(?:[a-z0-9][a-z0-9._-]{0,252}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/;

/** Variables that change how providers are reached. */
const NETWORK_VARIABLES = ["HTTPS_PROXY", "NO_PROXY", "DENO_CERT", "DENO_TLS_CA_STORE", "SSL_CERT_FILE"];

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
  refuseKeyLog(system);
  const home = context.home();
  const level = parseLogLevel(system.env("AGENTGAZER_LOG"));
  const log = makeLog(logFormat, level, orderedWriter(system), system.now);
  const vault = context.vault();
  await checkVault(vault, log);
  ensureFolder(home.folder);

  const drained = await runProxy({
    host,
    port,
    allowHosts: allowHost ?? [],
    version,
    system,
    log,
    upstream,
    credentials: new Credentials(vault, system),
    onListening: async (actualPort) => {
      const url = `http://${localName(host)}:${actualPort}`;
      await writeAddress(home, { url, pid: system.pid });
      announce(log, system, version, url, host);
    },
  });
  await removeAddress(home, system.pid);
  if (!drained) throw new AppError("interrupted", "Ended with requests still running");
}

/** The runtime would write the keys of every TLS connection to that file. */
function refuseKeyLog(system: System): void {
  if (system.env("SSLKEYLOGFILE") === undefined) return;
  throw new AppError(
    "refused",
    "Cannot start while SSLKEYLOGFILE is set: it would disclose every credential",
    "unset SSLKEYLOGFILE",
  );
}

/** A vault that can't be read ends the start; one whose keystore is not open yet is waited for. */
async function checkVault(vault: Vault, log: Log): Promise<void> {
  const contents = vault.read();
  const stored = PROVIDERS.filter(({ id }) => contents.has("api-key", id) || contents.has("login", id));
  if (stored.length === 0) log.event("warn", "no credential is stored yet: agentgazer providers set <id>");
  try {
    await vault.unlock();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "keystore_unavailable") throw error;
    const hint = error.hint === undefined ? "" : ` (${error.hint})`;
    log.event("warn", `${error.message}${hint}; until then requests are answered with 503`);
  }
}

function announce(log: Log, system: System, version: string, url: string, host: string): void {
  log.event("info", `agentgazer ${version} listens on ${url}`);
  log.event("info", 'point your tools at it: eval "$(agentgazer env)"');
  const inForce = NETWORK_VARIABLES.filter((name) => system.env(name) !== undefined);
  if (inForce.length > 0) log.event("info", `in force for connections to providers: ${inForce.join(", ")}`);
  if (host === "0.0.0.0" || host === "::") {
    log.event("warn", "other machines can reach this proxy, and tokens cross the network unencrypted");
  }
}

/** Lines are written one after the other; a reader that is gone does not stop the proxy. */
function orderedWriter({ terminal }: System): (line: string) => void {
  let last = Promise.resolve();
  return (line) => {
    last = last.then(() => terminal.err(line)).catch(() => {});
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
