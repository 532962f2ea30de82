/** The answer to a raw request. */
export interface RawAnswer {
  /** 0 when the connection was closed without one. */
  readonly status: number;
  /** The head as it was sent. */
  readonly head: string;
  readonly body: string;
}

/** Sends bytes as they are over a connection of their own, and reads until the server closes it. */
export async function sendRaw(port: number, request: string, hostname = "127.0.0.1"): Promise<RawAnswer> {
  const connection = await Deno.connect({ hostname, port });
  try {
    const bytes = Uint8Array.from(request, (char) => char.charCodeAt(0));
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  } catch {
    // Refused before all of it was sent; what matters is the answer.
  }
  let text = "";
  try {
    for await (const part of connection.readable) text += new TextDecoder("latin1").decode(part);
  } catch {
    // Reset behind the answer.
  }
  const [head = "", ...body] = text.split("\r\n\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d+)/.exec(head)?.[1] ?? 0);
  return { status, head, body: body.join("\r\n\r\n") };
}

/** A raw request that asks for the connection to be closed after the answer. */
export function rawRequest(line: string, headers: Readonly<Record<string, string>>, body = ""): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${line} HTTP/1.1\r\n${fields}connection: close\r\n\r\n${body}`;
}
