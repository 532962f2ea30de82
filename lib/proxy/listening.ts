import { AppError } from "../errors.ts";
import type { ByteStream } from "../http/byte_stream.ts";
import type { Listener, ListenOptions, System } from "../system.ts";

/** Whose proxy listens on a port of this machine, if one does. */
export type WhoseProxy = (port: number) => Promise<"ours" | "unknown" | undefined>;

/**
 * Listens, or says why it can't.
 *
 * @param onPlain is called for a client that does not speak TLS where it should
 * @throws {AppError} `network_failed`, and `usage` when the files for TLS can't be used
 */
export async function startListening(
  system: Pick<System, "listen">,
  options: ListenOptions,
  whoseProxy: WhoseProxy,
  onPlain: () => void,
): Promise<Listener> {
  try {
    const listener = system.listen(options);
    return options.tls === undefined ? listener : {
      port: listener.port,
      accept: async () => noticing(await listener.accept(), onPlain),
      close: () => listener.close(),
    };
  } catch (error) {
    if (error instanceof AppError) throw error;
    const { hostname, port } = options;
    const name = error instanceof Error ? error.name : "";
    const [state, hint] = await whyNot(name, port, whoseProxy);
    throw new AppError("network_failed", `Cannot listen on ${hostname}:${port}: ${state}`, hint);
  }
}

const IN_USE = {
  ours: ["agentgazer runs there already", 'use that one: eval "$(agentgazer env)"'],
  unknown: [
    "agentgazer runs there already, perhaps for another vault",
    'if it is yours: eval "$(agentgazer env)"',
  ],
  none: ["another program uses the port", "stop that program"],
} as const;

/** @param name of the runtime's error */
async function whyNot(
  name: string,
  port: number,
  whoseProxy: WhoseProxy,
): Promise<[state: string, hint: string]> {
  if (name === "AddrInUse") {
    const [state, way] = IN_USE[await whoseProxy(port) ?? "none"];
    return [state, `${way}; or take any free port: agentgazer start --port 0`];
  }
  if (name === "AddrNotAvailable") {
    return ["this machine does not have that address", "agentgazer start --host 127.0.0.1"];
  }
  const needsRights = name === "PermissionDenied" && port < 1024;
  const state = needsRights ? "ports below 1024 need more rights" : "the system refused";
  return [state, "take any free port: agentgazer start --port 0"];
}

/** Notices at the first read, with which the handshake is made, what is no handshake. */
function noticing(stream: ByteStream, onPlain: () => void): ByteStream {
  const read = stream.read;
  stream.read = async (buffer) => {
    stream.read = read;
    try {
      return await stream.read(buffer);
    } catch (error) {
      if (error instanceof Error && /InvalidContentType/.test(error.message)) onPlain();
      throw error;
    }
  };
  return stream;
}
