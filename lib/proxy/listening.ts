import { AppError } from "../errors.ts";
import type { ByteStream } from "../http/byte_stream.ts";
import type { Listener, ListenOptions, System } from "../system.ts";

/**
 * Listens, or says why it can't.
 *
 * @param isOurs whether another proxy of this vault listens on the port
 * @param onPlain is called for a client that does not speak TLS where it should
 * @throws {AppError} `network_failed`, and `usage` when the files for TLS can't be used
 */
export function startListening(
  system: Pick<System, "listen">,
  options: ListenOptions,
  isOurs: (port: number) => boolean,
  onPlain: () => void,
): Listener {
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
    const [state, hint] = whyNot(name, port, isOurs);
    throw new AppError("network_failed", `Cannot listen on ${hostname}:${port}: ${state}`, hint);
  }
}

/** @param name of the runtime's error */
function whyNot(
  name: string,
  port: number,
  isOurs: (port: number) => boolean,
): [state: string, hint: string] {
  if (name === "AddrInUse") {
    const [state, way] = isOurs(port)
      ? ["agentgazer runs there already", 'use that one: eval "$(agentgazer env)"']
      : ["another program uses the port", "stop that program"];
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
