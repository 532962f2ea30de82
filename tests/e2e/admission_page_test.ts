import { testWith } from "../support/needs.ts";
import { rawRequest } from "../support/raw.ts";
import { startScene } from "../support/scene.ts";
import { assertRefused, webSocketRequest } from "../support/web_page_refusal.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** What only browsers send. PORT stands for our port. */
const FIELDS: readonly (readonly [what: string, headers: Readonly<Record<string, string>>])[] = [
  ["another origin", { origin: "https://attacker.test" }],
  ["our origin", { origin: "http://127.0.0.1:PORT" }],
  ["our origin by name", { origin: "http://localhost:PORT" }],
  ["our origin by IPv6", { origin: "http://[::1]:PORT" }],
  ["our origin without a port", { origin: "http://localhost" }],
  ["our origin on another port", { origin: "http://localhost:1" }],
  ["our origin, and more", { origin: "http://localhost:PORT.attacker.test" }],
  ["our origin as a port of another", { origin: "http://localhost:1.attacker.test" }],
  ["our origin as userinfo", { origin: "http://localhost:80@attacker.test" }],
  ["our origin in a list", { origin: "http://127.0.0.1:PORT, https://attacker.test" }],
  ["our origin in capitals", { origin: "HTTP://LOCALHOST:PORT" }],
  ["a rebound origin", { origin: "http://attacker.test:PORT" }],
  ["no origin in particular", { origin: "null" }],
  ["an empty origin", { origin: "" }],
  ["an origin of white space", { origin: " \t" }],
  ["an origin of any", { origin: "*" }],
  ["an extension", { origin: "chrome-extension://attackerattackerattackerattacker" }],
  ["a file", { origin: "file://" }],
  ["an app", { origin: "app://attacker" }],
  ["an editor's view", { origin: "vscode-webview://attacker" }],
  ["letters beyond ASCII", { origin: "http://localhost\xe3\x80\x82attacker.test" }],
  ["a page elsewhere", { "sec-fetch-site": "cross-site" }],
  ["a page of the same site", { "sec-fetch-site": "same-site" }],
  ["a page of ours, as after rebinding", { "sec-fetch-site": "same-origin" }],
  ["a site in capitals", { "sec-fetch-site": "NONE" }],
  ["a site of none, and another", { "sec-fetch-site": "none, cross-site" }],
  ["an empty site", { "sec-fetch-site": "" }],
  ["a site nobody knows", { "sec-fetch-site": "attacker" }],
  ["a person's own request, with an origin", { "sec-fetch-site": "none", origin: "https://attacker.test" }],
];

/** What browsers ask before, and what they send without asking. */
const REQUESTS:
  readonly (readonly [what: string, line: string, headers: Readonly<Record<string, string>>])[] = [
    ["a preflight", "OPTIONS /openai/v1/responses", {
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization, content-type, x-api-key",
    }],
    ["a preflight for the private network", "OPTIONS /openai/v1/models", {
      "access-control-request-method": "GET",
      "access-control-request-private-network": "true",
    }],
    ["a preflight for the local network", "OPTIONS /health", {
      "access-control-request-method": "GET",
      "access-control-request-local-network": "true",
    }],
    ["text", "POST /openai/v1/responses", { "content-type": "text/plain", "content-length": "0" }],
    ["a form", "POST /openai/v1/responses", { "content-type": "application/x-www-form-urlencoded" }],
    ["a form with files", "POST /openai/v1/responses", { "content-type": "multipart/form-data; boundary=x" }],
    ["a ping", "POST /openai/v1/models", { "content-type": "text/ping", "ping-to": "https://attacker.test" }],
    ["a report", "POST /openai/v1/models", { "content-type": "application/csp-report" }],
    ["an image", "GET /openai/v1/models", { "sec-fetch-dest": "image", "sec-fetch-mode": "no-cors" }],
    ["a script", "GET /openai/v1/models", { "sec-fetch-dest": "script", "sec-fetch-mode": "no-cors" }],
    ["a frame", "GET /openai/v1/models", { "sec-fetch-dest": "iframe", "sec-fetch-mode": "navigate" }],
    ["events", "GET /openai/v1/models", { accept: "text/event-stream" }],
    ["a page's look at our health", "GET /health", {}],
    ["a request to another route", "GET /", {}],
  ];

testWith(NEEDS, "whatever a page sends is refused, with a token too, and for a WebSocket", async (t) => {
  await using scene = await startScene(["openai"]);
  const { port } = scene.proxy;
  const host = `127.0.0.1:${port}`;
  for (const [from, template] of FIELDS) {
    const browser = Object.fromEntries(
      Object.entries(template).map(([name, value]) => [name, value.replace("PORT", `${port}`)]),
    );
    await t.step(from, async () => {
      for (const [what, line, headers] of REQUESTS) {
        for (const token of [{ "x-api-key": scene.token }, {}]) {
          const fields = { host, ...token, ...headers, ...browser };
          await assertRefused(scene, rawRequest(line, fields), 403, ["attacker"])
            .catch((error) => Promise.reject(new Error(what, { cause: error })));
        }
      }
      for (const target of ["/openai/v1/realtime", "/openai/v1/realtime?key=", "/health"]) {
        const line = `GET ${target.replace(/=$/, `=${scene.token}`)}`;
        const fields = {
          host,
          ...browser,
          "sec-websocket-protocol": `realtime, openai-insecure-api-key.${scene.token}`,
        };
        await assertRefused(scene, webSocketRequest(line, fields), 403, ["attacker"]);
      }
    });
  }
});
