import { textOf } from "./bytes.ts";
import { Client, Gone } from "./client.ts";
import { Input } from "./input.ts";
import { main } from "./program.ts";
import type { State } from "./state.ts";
import { Dialog, Tool } from "./tool.ts";

/** Runs the tool for every process that connects to the socket, until disposal, which ends them all. */
export function serve(path: string, state: State): Disposable {
  const listener = Deno.listen({ transport: "unix", path });
  const connections = new Set<Deno.Conn>();
  let isDisposed = false;

  async function accept(): Promise<void> {
    for await (const connection of listener) {
      // Accepted just before the disposal, which did not know it.
      if (isDisposed) connection.close();
      else converse(connection);
    }
  }

  async function converse(connection: Deno.Conn): Promise<void> {
    connections.add(connection);
    try {
      await run(new Client(connection), state);
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
    } finally {
      if (connections.delete(connection)) connection.close();
    }
  }

  accept();
  return {
    [Symbol.dispose]() {
      isDisposed = true;
      listener.close();
      for (const connection of connections) connection.close();
      connections.clear();
    },
  };
}

async function run(client: Client, state: State): Promise<void> {
  const args = await client.args();
  const start = { argv: args.map(textOf), stdin: "" };
  state.starts.push(start);
  const input = new Input(async () => {
    const chunk = await client.read();
    start.stdin += chunk;
    return chunk;
  });
  try {
    // All that is left of an OSStatus.
    await client.exit(await main(args, new Tool(state, input, client)) & 0xff);
  } catch (error) {
    if (!(error instanceof Dialog)) throw error;
    await client.block(error.hasAgent);
    state.dialogs++;
    await client.end();
  }
}
