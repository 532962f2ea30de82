import { takeCallbackPorts } from "./callback_ports.ts";
import type { Run, Running, RunOptions } from "./program.ts";
import { rawRequest, sendRaw } from "./raw.ts";
import { type LoginScene, startLoginScene } from "./vendors/login_scene.ts";

/** How often a port is looked at until it is free. */
const MAX_LOOKS = 1000;

/** The state of a listener, and some addresses, as the kernel writes them. */
const LISTENS = "0A";
const ADDRESSES: Readonly<Record<string, string>> = {
  "0100007F": "127.0.0.1",
  "00000000": "0.0.0.0",
  "00000000000000000000000001000000": "::1",
  "00000000000000000000000000000000": "::",
};

/** The vendors, and the ports on which the browser comes back. */
export async function browserScene(): Promise<LoginScene> {
  const ports = await takeCallbackPorts();
  try {
    const scene = await startLoginScene();
    return {
      ...scene,
      async [Symbol.asyncDispose]() {
        using _ports = ports;
        await scene[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    ports[Symbol.dispose]();
    throw error;
  }
}

/** A login that waits for the browser. */
export interface BrowserLogin extends AsyncDisposable {
  readonly running: Running;
  /** What the person opens. */
  readonly url: string;
  /** 1455 or 1457. */
  readonly port: number;
  readonly state: string;
  /** Everything that it left, once it has ended. */
  readonly ended: Promise<Run>;
}

/** Begins `login openai-oauth`, and waits until it does. */
export async function beginLogin(
  { box }: Pick<LoginScene, "box">,
  args: readonly string[] = ["--no-browser"],
  options: Omit<RunOptions, "stdin"> = {},
): Promise<BrowserLogin> {
  const running = box.spawn(["login", "openai-oauth", ...args], options);
  try {
    const [, url] = await running.shown(/^(https:\S+)\n[^]*waiting for the login in the browser/m);
    return {
      running,
      ...partsOf(url!),
      ended: running.ended,
      [Symbol.asyncDispose]: running[Symbol.asyncDispose],
    };
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
}

/** What an authorize URL says of the callback. */
export function partsOf(url: string): Pick<BrowserLogin, "url" | "port" | "state"> {
  const { searchParams } = new URL(url);
  const { port } = new URL(searchParams.get("redirect_uri")!);
  return { url, port: Number(port), state: searchParams.get("state")! };
}

/** What the browser shows. */
export interface Shown {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  readonly text: string;
  readonly head: string;
}

/** Goes to an address of the listener as a browser does, and reads what is there. */
export async function visit(address: string, hostname = "127.0.0.1"): Promise<Shown> {
  const { host, port, pathname, search } = new URL(address);
  const { status, head, body } = await sendRaw(
    Number(port),
    rawRequest(`GET ${pathname}${search}`, { host }),
    hostname,
  );
  return { status, head, text: textOf(body) };
}

/** The ids of the providers that have a credential. */
export async function storedIn({ box }: Pick<LoginScene, "box">): Promise<string[]> {
  const { code, stdout, stderr } = await box.run(["providers", "list", "--json"]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout).map(({ id }: { id: string }) => id);
}

/** Every secret of the stand-in that a text holds. */
export function secretsIn({ codex }: Pick<LoginScene, "codex">, text: string): string[] {
  return codex.secrets().filter((secret) => text.includes(secret));
}

/** Whether nobody listens on a port any more, on any address of this machine. */
function isFree(port: number): boolean {
  try {
    for (const hostname of ["127.0.0.1", "::1", "0.0.0.0"]) Deno.listen({ hostname, port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

/** Resolves when nobody listens on a port any more, which the kernel may see a moment after a process has ended. */
export async function freed(port: number): Promise<void> {
  for (let looks = 0; !isFree(port); looks++) {
    if (looks === MAX_LOOKS) throw new Error(`somebody still listens on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Uses a port on these addresses, as another program would. */
export function busyPort(port: number, addresses: readonly string[]): Disposable {
  const listeners = addresses.map((hostname) => Deno.listen({ hostname, port }));
  return { [Symbol.dispose]: () => listeners.forEach((listener) => listener.close()) };
}

/** The addresses of this machine on which somebody listens on a port. */
export function listeningOn(port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => Deno.readTextFileSync(path).split("\n"));
  return rows.map((row) => row.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === LISTENS)
    .map(([, local]) => ADDRESSES[local!.slice(0, -suffix.length)] ?? local!);
}

/** The heading and the paragraph of a page, as a person reads them. */
function textOf(html: string): string {
  const body = html.replace(/^[^]*?<h1[^>]*>/, "").replaceAll(/<[^>]*>/g, " ");
  return body.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))).trim();
}
