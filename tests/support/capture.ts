import { Buffer } from "node:buffer";
import { transcribe } from "./transcript.ts";

/** How many bytes of one proxy are kept. */
const MOST = 8 << 20;

/** Everything that a local server sends, as it is on the wire. */
export interface Capture {
  /** Ends it, and gives the packets as Latin-1. */
  end(): Promise<string>;
}

/** Begins to record what leaves this port of the loopback; `undefined` where tcpdump is missing or may not. */
export async function capture(port: number): Promise<Capture | undefined> {
  const args = [
    "-i",
    "lo",
    "-Z",
    "root",
    "--immediate-mode",
    "-U",
    "-w",
    "-",
    "tcp",
    "src",
    "port",
    `${port}`,
  ];
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("tcpdump", { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  } catch {
    return undefined;
  }
  const notes = transcribe(child.stderr);
  const parts: Uint8Array[] = [];
  const stop = () => {
    try {
      child.kill("SIGINT");
    } catch {
      // It has ended by itself.
    }
  };
  const reading = (async () => {
    let size = 0;
    for await (const part of child.stdout) {
      parts.push(part);
      size += part.length;
      if (size >= MOST) stop();
    }
  })();
  const isListening = await notes.matches(/listening on/).then(() => true, () => false);
  return {
    async end() {
      if (isListening) stop();
      await Promise.all([child.status, notes.ended, reading]);
      return new TextDecoder("latin1").decode(Buffer.concat(parts));
    },
  };
}
