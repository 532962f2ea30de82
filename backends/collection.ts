import {
  type Call,
  decodeReply,
  encodeCall,
  firstText,
  firstVariantBoolean,
  FIXED_HEAD,
  messageLength,
  type Reply,
} from "./dbus_message.ts";

const BUS = "org.freedesktop.DBus";
const SECRETS = "org.freedesktop.secrets";
const SECRET = "org.freedesktop.Secret";

/** A longer message is not what was asked for, in bytes. */
const MAX_MESSAGE = 65_536;

/** Errors that mean that nothing provides the service. */
const NO_SERVICE = /^org\.freedesktop\.DBus\.Error\.(ServiceUnknown|NameHasNoOwner|Spawn\.)/;

/** The keyring into which new items go. `unknown` when it can't be asked. */
export type CollectionState = "no_service" | "none" | "locked" | "open" | "unknown";

/**
 * Asks for the default collection (Secret Service API, "ReadAlias" and the property "Locked"), which secret-tool
 * can't. To store something would tell too, but a locked keyring, or none, then opens a dialog on somebody's
 * screen. It speaks to the bus itself: D-Bus's own tools start any program that a bus address names.
 *
 * @param address of the session bus; only sockets with a path are asked
 * @param deadline of it all, in milliseconds
 */
export async function defaultCollection(address: string, deadline: number): Promise<CollectionState> {
  const path = /^unix:path=([^,;]+)/.exec(address)?.[1];
  if (path === undefined) return "unknown";
  let connection: Deno.UnixConn | undefined;
  const late = Promise.withResolvers<CollectionState>();
  const timer = setTimeout(() => late.resolve("unknown"), deadline);
  try {
    connection = await Deno.connect({ transport: "unix", path: decodeURIComponent(path) });
    return await Promise.race([late.promise, ask(new Bus(connection)).catch(() => "unknown" as const)]);
  } catch {
    return "unknown";
  } finally {
    clearTimeout(timer);
    connection?.close();
  }
}

async function ask(bus: Bus): Promise<CollectionState> {
  await bus.authenticate();
  await bus.call({
    destination: BUS,
    path: "/org/freedesktop/DBus",
    interface: BUS,
    member: "Hello",
    args: [],
  });
  const service = { destination: SECRETS, path: "/org/freedesktop/secrets", interface: `${SECRET}.Service` };
  const alias = await bus.call({ ...service, member: "ReadAlias", args: ["default"] });
  if (alias.error !== undefined) return NO_SERVICE.test(alias.error) ? "no_service" : "unknown";
  const path = firstText(alias);
  if (path === "/") return "none";
  const args = [`${SECRET}.Collection`, "Locked"];
  const property = await bus.call({
    destination: SECRETS,
    path,
    interface: `${BUS}.Properties`,
    member: "Get",
    args,
  });
  const locked = property.error === undefined ? firstVariantBoolean(property) : undefined;
  return locked === undefined ? "unknown" : locked ? "locked" : "open";
}

/** A connection to a message bus that asks one thing after the other. */
class Bus {
  readonly #connection: Deno.UnixConn;
  #serial = 0;
  #read = new Uint8Array();

  constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
  }

  /** D-Bus Specification, "Authentication Protocol": the mechanism EXTERNAL, by user id. */
  async authenticate(): Promise<void> {
    const uid = new TextEncoder().encode(String(Deno.uid())).toHex();
    await this.#send(new TextEncoder().encode(`\0AUTH EXTERNAL ${uid}\r\n`));
    let line = "";
    while (!line.endsWith("\r\n")) line += String.fromCharCode(...await this.#take(1));
    if (!line.startsWith("OK ")) throw new Error("The bus does not accept this user");
    await this.#send(new TextEncoder().encode("BEGIN\r\n"));
  }

  async call(call: Call): Promise<Reply> {
    const serial = ++this.#serial;
    await this.#send(encodeCall(call, serial));
    for (;;) {
      const head = await this.#take(FIXED_HEAD);
      const rest = await this.#take(messageLength(head) - FIXED_HEAD);
      const reply = decodeReply(Uint8Array.from([...head, ...rest]));
      if (reply.to === serial) return reply;
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  async #take(count: number): Promise<Uint8Array> {
    if (!(count >= 0 && count <= MAX_MESSAGE)) throw new Error("The message is too long");
    while (this.#read.length < count) {
      const bytes = new Uint8Array(4096);
      const length = await this.#connection.read(bytes);
      if (length === null) throw new Error("The bus hung up");
      this.#read = Uint8Array.from([...this.#read, ...bytes.subarray(0, length)]);
    }
    const taken = this.#read.subarray(0, count);
    this.#read = this.#read.slice(count);
    return taken;
  }
}
