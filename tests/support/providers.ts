import { join } from "node:path";
import { PROVIDERS } from "../../lib/providers/table.ts";
import { makeCertificates } from "./certificates.ts";

/** A request as a provider received it. */
export interface Received {
  readonly method: string;
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Answers a request in place of a provider; a body that streams is not recorded. */
export type Answer = (request: Request) => Response | Promise<Response>;

/** A TLS server that answers as every host of the provider table, and records what arrived. */
export interface Providers extends AsyncDisposable {
  readonly received: Received[];
  /** Forgets what arrived, and gives the one request that did. */
  takeOne(): Received;
  /** How requests are answered from now on. */
  answer: Answer;
  /** Whether request bodies are read and recorded before the answer is made. */
  recordBodies: boolean;
  /** To be mounted over /etc/hosts. */
  readonly hostsFile: string;
  /** To be named in `DENO_CERT`. */
  readonly authority: string;
}

/** Starts the server on port 443 of a loopback address of its own. Hosts beyond the table resolve to it too. */
export async function startProviders(folder: string, otherHosts: readonly string[] = []): Promise<Providers> {
  const hosts = [...new Set(PROVIDERS.flatMap((provider) => provider.hosts)), ...otherHosts];
  const { authority, certificate: cert, key } = await makeCertificates(folder, hosts);
  const received: Received[] = [];
  const closing = new AbortController();
  const address = serveSomewhere({ cert, key, signal: closing.signal, onListen() {} }, async (request) => {
    const { method, headers } = request;
    const { host, pathname, search } = new URL(request.url);
    const body = providers.recordBodies ? new Uint8Array(await request.bytes()) : new Uint8Array();
    received.push({ method, host, target: pathname + search, headers, body });
    return await providers.answer(request);
  });
  const hostsFile = join(folder, "hosts");
  await Deno.writeTextFile(hostsFile, `127.0.0.1 localhost\n${address} ${hosts.join(" ")}\n`);
  const providers: Providers = {
    received,
    takeOne() {
      const [one, ...others] = received.splice(0);
      if (one === undefined || others.length > 0) {
        throw new Error(`${others.length + (one ? 1 : 0)} requests arrived`);
      }
      return one;
    },
    answer: () => Response.json({ ok: true }),
    recordBodies: true,
    hostsFile,
    authority,
    // A shutdown would wait for requests that a test leaves without an answer.
    [Symbol.asyncDispose]: () => Promise.resolve(closing.abort()),
  };
  return providers;
}

/** Listens on port 443 of a loopback address that nobody else has, so that test files can run side by side. */
function serveSomewhere(
  options: Deno.TlsCertifiedKeyPem & Deno.ServeOptions,
  handler: (request: Request) => Promise<Response>,
): string {
  for (;;) {
    const [a, b, c] = crypto.getRandomValues(new Uint8Array(3));
    const hostname = `127.${64 + a! % 128}.${b}.${c}`;
    try {
      Deno.serve({ ...options, hostname, port: 443 }, handler);
      return hostname;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
