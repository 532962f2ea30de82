import { FieldList } from "../../http/fields.ts";
import { AppError } from "../../errors.ts";
import { type Provider, PROVIDERS } from "../../providers/table.ts";
import { Refusal } from "../../proxy/refusal.ts";
import type { System } from "../../system.ts";
import { type Contents, credentialEntry, credentialKind } from "../../vault/contents.ts";
import type { Context } from "../context.ts";
import { DEFAULT_PORT } from "../proxy_file.ts";
import { FORBIDDEN, networkVariables } from "../runtime_variables.ts";
import { duration } from "../render.ts";
import type { RunningProxy } from "../running_proxy.ts";
import { broken, type Finding, fine, warning } from "./finding.ts";

/** How long a provider may take to answer, in milliseconds. */
const DEADLINE = 10_000;

/** From how many seconds on a clock is wrong: tokens are valid for minutes. */
const MAX_SKEW = 60;

/** The variables under which nothing may be sent or listened to. */
export function examineRuntime({ system: { env } }: Context): Finding[] {
  return Object.entries(FORBIDDEN).filter(([name]) => env(name) !== undefined).map(([name, reason]) =>
    broken("network", new AppError("refused", `${name} is set: ${reason}`, `unset ${name}`))
  );
}

/** Looks at what changes how providers are reached, then calls one, without a credential, and compares clocks. */
export async function examineNetwork(context: Context, contents: Contents | undefined): Promise<Finding[]> {
  const inForce = networkVariables(context.system.env);
  const settings = inForce.length === 0
    ? "no variable changes how providers are reached"
    : `in force for connections to providers: ${inForce.join(", ")}`;
  const isStored = (provider: Provider) => contents && credentialKind(contents, provider) !== undefined;
  return [
    fine("network", settings),
    await examineClock(context, hostOf(context, contents, PROVIDERS.find(isStored) ?? PROVIDERS[0]!)),
  ];
}

/** Whether the proxy's port is free, or ours already. @param running the proxy, if it does */
export async function examinePort(
  { system }: Context,
  running: RunningProxy | undefined,
): Promise<Finding[]> {
  if (running !== undefined) {
    const whose = running.isOurs ? "the proxy runs" : "a proxy, perhaps of another vault, runs";
    return [fine("port", `${whose} at ${running.url}`)];
  }
  try {
    const nothing = () => Promise.resolve(new Response());
    const server = system.serve({ hostname: "127.0.0.1", port: DEFAULT_PORT }, nothing);
    await server.shutdown();
    return [fine("port", `the proxy is not running; its port ${DEFAULT_PORT} is free`)];
  } catch (error) {
    const taken = error instanceof Error && error.name === "AddrInUse";
    const what = taken
      ? `another program uses port ${DEFAULT_PORT}`
      : `port ${DEFAULT_PORT} can't be listened on`;
    return [warning("port", what, `agentgazer start --port ${DEFAULT_PORT + 1}`)];
  }
}

async function examineClock(context: Context, host: string): Promise<Finding> {
  const { system, upstream } = context;
  const over = new AbortController();
  const asked = system.now();
  const url = new URL(`https://${host}/`);
  const answered = upstream({
    url,
    method: "GET",
    headers: new FieldList(["cache-control"], ["no-cache"]),
    credential: new Uint8Array(),
    body: null,
    signal: over.signal,
  });
  const late = system.sleep(DEADLINE).then(() => {
    throw new Refusal("upstream_timeout", `${host} did not answer within ten seconds`);
  });
  try {
    const { headers, body } = await Promise.race([answered, late]);
    body?.cancel();
    const theirs = Date.parse(headers.get("date") ?? "");
    // To the second, and asked some time ago.
    const skew = Math.round((theirs - (asked + system.now()) / 2) / 1000);
    if (Number.isNaN(skew)) return fine("clock", `${host} answers, but does not tell the time`);
    if (Math.abs(skew) <= MAX_SKEW) return fine("clock", `${host} answers, and the clocks agree`);
    const apart = `${duration(Math.abs(skew) * 1000)} ${skew > 0 ? "behind" : "ahead of"}`;
    const message = `the clock of this machine is ${apart} that of ${host}`;
    return broken("clock", new AppError("refused", message, setClock(system)));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return broken("network", new AppError("network_failed", error.message, mendOf(error.message, system)));
  } finally {
    over.abort();
    answered.catch(() => {});
    late.catch(() => {});
  }
}

/** What mends a call that failed, by what is said of it. */
function mendOf(message: string, system: System): string {
  if (/DENO_CERT/.test(message)) return "unset DENO_CERT, or name a PEM file";
  if (/clock/.test(message)) return setClock(system);
  if (/certificate/.test(message)) {
    return "export DENO_TLS_CA_STORE=system  # or name your network's authority: export DENO_CERT=ca.pem";
  }
  const proxied = networkVariables(system.env).some((name) => /proxy/i.test(name));
  return proxied ? "check the network, HTTPS_PROXY and NO_PROXY" : "check the network connection";
}

function setClock({ platform }: System): string {
  return platform.includes("darwin") ? "sudo sntp -sS time.apple.com" : "sudo timedatectl set-ntp true";
}

/** A region that can't be used is told elsewhere. */
function hostOf(context: Context, contents: Contents | undefined, provider: Provider): string {
  const host = (base: string) => new URL(base).host;
  try {
    return host(context.regions().baseOf(provider, contents && credentialEntry(contents, provider)));
  } catch {
    return host(provider.base);
  }
}
