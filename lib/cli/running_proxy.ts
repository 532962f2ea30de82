import type { ByteStream } from "../http/byte_stream.ts";
import type { System } from "../system.ts";
import type { Home } from "../vault/home.ts";
import { DEFAULT_ADDRESS, DEFAULT_PORT, runningAddress } from "./proxy_file.ts";

/** How long a proxy may take to say that it runs, in milliseconds. */
const ANSWER_TIME = 1000;

/** The most of its answer that is read, in bytes. */
const MAX_ANSWER = 4096;

/** A proxy that runs on this machine. */
export interface RunningProxy {
  /** Its base URL. */
  readonly url: string;
  /** Whether it is known to serve this vault. */
  readonly isOurs: boolean;
}

/**
 * The proxy of this vault that runs. One that can't say so in the vault's folder, since that is read-only, is looked
 * for on the usual port; that may be the proxy of another vault or user.
 */
export async function runningProxy(
  system: Pick<System, "connect" | "sleep">,
  home: Home,
): Promise<RunningProxy | undefined> {
  const known = runningAddress(home);
  if (known !== undefined) return { url: known.url, isOurs: true };
  return await isProxy(system, DEFAULT_PORT) ? { url: DEFAULT_ADDRESS, isOurs: false } : undefined;
}

/** Whether some proxy of this program answers on a port of this machine, without TLS. It gets no token. */
export async function isProxy(
  { connect, sleep }: Pick<System, "connect" | "sleep">,
  port: number,
): Promise<boolean> {
  try {
    const stream = await connect(port);
    try {
      const request = `GET /health HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`;
      await stream.write(new TextEncoder().encode(request));
      return isHealth(await Promise.race([readAll(stream), sleep(ANSWER_TIME)]) ?? "");
    } finally {
      stream.close();
    }
  } catch {
    return false;
  }
}

async function readAll(stream: ByteStream): Promise<string> {
  const bytes = new Uint8Array(MAX_ANSWER);
  let length = 0;
  for (let count; (count = await stream.read(bytes.subarray(length)));) length += count;
  return new TextDecoder().decode(bytes.subarray(0, length));
}

/** Throws for most of what is none. */
function isHealth(answer: string): boolean {
  const { status, uptime_ms: uptime } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
  return status === "ok" && typeof uptime === "number";
}
