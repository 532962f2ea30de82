import { canaryKey } from "../../tests/support/scene.ts";

/** Which provider a host is. */
const HOSTS: Readonly<Record<string, string>> = {
  "api.openai.com": "openai",
  "api.anthropic.com": "anthropic",
  "generativelanguage.googleapis.com": "google",
  "api.mistral.ai": "mistral",
};

/** The header in which each wants its key. */
const HEADERS: Readonly<Record<string, string>> = { anthropic: "x-api-key", google: "x-goog-api-key" };

/** How many events a stream has. */
export const EVENTS = 20;

/** How long a slow reader's answer is, in bytes: more than all buffers on the way. */
export const LONG = 3 << 20;

/** Answers as every provider: with the nonce of the request, and only to the right credential. */
export async function answerAsProvider(request: Request): Promise<Response> {
  const { hostname, pathname } = new URL(request.url);
  const id = HOSTS[hostname] ?? "none";
  const header = HEADERS[id] ?? "authorization";
  const value = request.headers.get(header)?.replace(/^Bearer /, "");
  const nonce = request.headers.get("x-nonce");
  if (value !== canaryKey(id)) return new Response(`the credential of ${id} is not there`, { status: 500 });
  const kind = pathname.split("/").at(-1)!;
  if (kind === "socket") return echo(request);
  if (kind === "broken") return new Response(brokenOff(), { headers: { "x-nonce": nonce ?? "" } });
  if (kind === "events") {
    return new Response(eventsOf(nonce!), { headers: { "content-type": "text/event-stream" } });
  }
  if (kind === "long") return new Response(new Uint8Array(LONG), { headers: { "x-nonce": nonce ?? "" } });
  if (kind === "refused") return Response.json({ nonce }, { status: 429, headers: { "retry-after": "1" } });
  return Response.json({ nonce, body: await request.text() });
}

function echo(request: Request): Response {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
}

function eventsOf(nonce: string): ReadableStream<Uint8Array> {
  let count = 0;
  return new ReadableStream({
    pull(controller) {
      if (count === EVENTS) return controller.close();
      controller.enqueue(new TextEncoder().encode(`data: ${nonce} ${count++}\n\n`));
    },
  });
}

function brokenOff(): ReadableStream<Uint8Array> {
  let count = 0;
  return new ReadableStream({
    pull(controller) {
      if (count++ === 3) return controller.error(new Error("it breaks off"));
      controller.enqueue(new Uint8Array(1000));
    },
  });
}
