import assert from "node:assert/strict";
import { join } from "node:path";
import { GoogleGenAI, Modality } from "@google/genai";
import { ROOT, testWith } from "../support/needs.ts";
import { canaryKey, startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** Accepts a WebSocket, and answers its first message. */
function accept(request: Request, protocol: string | undefined, reply: (text: string) => string): Response {
  const { socket, response } = Deno.upgradeWebSocket(request, protocol === undefined ? {} : { protocol });
  socket.onmessage = ({ data }) => {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    socket.send(reply(text));
    socket.close(4321, "enough");
  };
  return response;
}

testWith(NEEDS, "the OpenAI SDK speaks Realtime through it, over TLS", async () => {
  await using scene = await startScene(["openai"], ["gateway.lan"]);
  const { providers, box, token } = scene;
  const file = (name: string) => join(box.folder, name);
  const tls = ["--tls-cert", file("leaf.pem"), "--tls-key", file("leaf.key"), "--allow-host", "gateway.lan"];
  await using proxy = await box.start(["--host", "0.0.0.0", ...tls]);
  assert.match(proxy.url, /^https:\/\/gateway\.lan:\d+$/);
  const hosts = file("client-hosts");
  await Deno.writeTextFile(hosts, "127.0.0.1 localhost gateway.lan\n");
  providers.answer = (request) =>
    accept(request, "realtime", (text) => {
      const { session } = JSON.parse(text);
      return JSON.stringify({ type: "session.updated", event_id: "e", session });
    });
  const script = join(ROOT, "tests/e2e/sdk/realtime.ts");
  const command = [
    Deno.execPath(),
    "run",
    "-q",
    "-A",
    "--no-check",
    "--config",
    join(ROOT, "deno.json"),
    script,
  ];
  const { stdout, stderr } = await new Deno.Command("unshare", {
    args: ["-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts, ...command],
    env: { DENO_CERT: providers.authority, OPENAI_API_KEY: token, OPENAI_BASE_URL: `${proxy.url}/openai/v1` },
  }).output();
  const [session, close] = new TextDecoder().decode(stdout).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assert.equal(session?.instructions, "Grüße 🦊", new TextDecoder().decode(stderr));
  assert.deepEqual(close, { code: 4321, reason: "enough" });
  const { host, target, headers } = providers.takeOne();
  assert.deepEqual([host, target], ["api.openai.com", "/v1/realtime?model=gpt-realtime"]);
  assert.equal(headers.get("authorization"), `Bearer ${canaryKey("openai")}`);
  assert.equal(headers.get("sec-websocket-protocol"), "realtime");
});

testWith(NEEDS, "the Gemini SDK speaks Live through it", async () => {
  await using scene = await startScene(["google"]);
  const { providers, proxy, token } = scene;
  providers.answer = (request) => accept(request, undefined, () => JSON.stringify({ setupComplete: {} }));
  const client = new GoogleGenAI({ apiKey: token, httpOptions: { baseUrl: `${proxy.url}/google` } });
  const done = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  const session = await client.live.connect({
    model: "gemini-live",
    config: { responseModalities: [Modality.TEXT] },
    callbacks: {
      onmessage: ({ setupComplete }) => void (setupComplete !== undefined && done.resolve()),
      onerror: (event) => done.reject(event.error),
      onclose: ({ code, reason }) => closed.resolve({ code, reason }),
    },
  });
  await done.promise;
  const { code, reason } = await closed.promise;
  assert.deepEqual([code, reason], [4321, "enough"]);
  session.close();
  const { host, target, headers } = providers.takeOne();
  assert.equal(host, "generativelanguage.googleapis.com");
  assert.match(
    target,
    /^\/ws\/google\.ai\.generativelanguage\.v1(beta|alpha)?\.GenerativeService\.BidiGenerateContent$/,
  );
  assert.equal(headers.get("x-goog-api-key"), canaryKey("google"));
});
