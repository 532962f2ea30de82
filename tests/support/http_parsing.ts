import type { Body } from "../../lib/http/body.ts";
import { ClientConnection, NoAnswer } from "../../lib/http/client_connection.ts";
import { FieldList } from "../../lib/http/fields.ts";
import { ProtocolError } from "../../lib/http/protocol_error.ts";
import { ServerConnection } from "../../lib/http/server_connection.ts";
import { latin1, ScriptedStream } from "./scripted_stream.ts";

/** A message as it was understood. */
export interface Understood {
  /** Method and target, or the status. */
  readonly start: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
}

/** What became of the bytes of a connection. */
export interface Outcome {
  /** The messages that came whole. */
  readonly messages: readonly Understood[];
  /** How it ended: `refused` as malformed, or with the connection, or not yet. */
  readonly end: "refused" | "over";
}

/** Lets a server's connection read these pieces as requests. */
export async function readRequests(pieces: readonly (string | Uint8Array)[]): Promise<Outcome> {
  const messages: Understood[] = [];
  let end: Outcome["end"] = "over";
  const answer = () => ({ status: 200, reason: "OK", headers: new FieldList(), body: null });
  const connection = new ServerConnection(new ScriptedStream(pieces), { now: 0 }, {
    async handle({ method, url, headers, body }) {
      const text = await textOf(body).catch((error) => {
        if (!(error instanceof ProtocolError)) throw error;
        if (!/breaks off/.test(error.message)) end = "refused";
        return undefined;
      });
      if (text !== undefined) messages.push({ start: `${method} ${url}`, fields: [...headers], body: text });
      return { answer: answer(), ended() {} };
    },
    refuse() {
      end = "refused";
      return { answer: answer(), ended() {} };
    },
    isDraining: () => false,
  });
  await connection.run();
  return { messages, end };
}

/** Lets a client's connection read these pieces as the answer to a request of this method. */
export async function readAnswer(method: string, pieces: readonly (string | Uint8Array)[]): Promise<Outcome> {
  const stream = new ScriptedStream(pieces);
  const connection = new ClientConnection(stream, () => {}, () => {}, { now: 0 });
  const request = {
    method,
    target: "/",
    host: "h",
    headers: new FieldList(),
    lines: new Uint8Array(),
    upgrade: false,
  };
  try {
    const { status, headers, body } = await connection.exchange({ ...request, body: null });
    const text = await textOf(body);
    return { messages: [{ start: String(status), fields: [...headers], body: text }], end: "over" };
  } catch (error) {
    if (error instanceof NoAnswer) return { messages: [], end: "over" };
    if (!(error instanceof ProtocolError)) throw error;
    return { messages: [], end: /breaks off/.test(error.message) ? "over" : "refused" };
  } finally {
    connection.close();
  }
}

async function textOf(body: Body | null): Promise<string> {
  let text = "";
  for (let part = await body?.read(); part !== undefined; part = await body!.read()) text += latin1(part);
  return text;
}
