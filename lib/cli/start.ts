import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "./context.ts";
import { addExamples } from "./examples.ts";
import { DEFAULT_PORT } from "./proxy_file.ts";

const LOOPBACK = "127.0.0.1";

const HOSTS = [LOOPBACK, "localhost", "::1", "0.0.0.0", "::"];

const HOST_AND_PORT = /^(?:[a-z0-9][a-z0-9._-]{0,252}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/;

/** How the proxy is started. */
export interface StartOptions {
  readonly host: string;
  readonly port: number;
  readonly allowHost?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecureHttp?: true;
  readonly logFormat: "text" | "json";
}

/** Adds `start`. */
export function addStartCommand(program: Command, context: Context): void {
  const starting = program.command("start").description("run the proxy in the foreground")
    .addOption(new Option("--host <address>", "where to listen").choices(HOSTS).default(LOOPBACK))
    .option("--port <number>", "the port; 0 takes any free one", parsePort, DEFAULT_PORT)
    .option("--allow-host <name...>", "further names it answers to, as name or name:port", parseHosts)
    .option("--tls-cert <file>", "speak TLS, with this certificate chain (PEM)")
    .option("--tls-key <file>", "the certificate's private key (PEM)")
    .option("--insecure-http", "serve other machines without TLS: others can read the tokens")
    .addOption(
      new Option("--log-format <format>", "one line per request").choices(["text", "json"]).default("text"),
    )
    .action(async (options: StartOptions) => {
      // Loaded by this command alone, since every other would wait for it.
      const { start } = await import("./run_start.ts");
      await start(context, { ...options, host: options.host === "localhost" ? LOOPBACK : options.host });
    });
  addExamples(
    starting,
    ["agentgazer start", "for this machine, on port 18900"],
    ["agentgazer start --port 8080", "on another port; `env` finds it"],
    [
      "agentgazer start --host :: --allow-host box --tls-cert c.pem --tls-key k.pem",
      "for a network, over TLS",
    ],
  );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("give a number from 0 to 65535");
}

function parseHosts(text: string, before: readonly string[] | undefined): readonly string[] {
  const host = text.toLowerCase();
  const port = HOST_AND_PORT.exec(host)?.[1] ?? "1";
  const good = HOST_AND_PORT.test(host) && Number(port) >= 1 && Number(port) <= 65_535;
  if (good) return [...before ?? [], host];
  throw new InvalidArgumentError("give a host name, or name:port");
}
