import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { rawRequest, sendRaw } from "../support/raw.ts";
import { startScene } from "../support/scene.ts";
import { assertRefused, webSocketRequest } from "../support/web_page_refusal.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** What is sent in place of a token. OWN stands for a good one, which is only a part of it. */
const TOKENS: readonly (readonly [what: string, token: string, status: number])[] = [
  ["an empty one", "", 401],
  ["a quote", "' OR '1'='1", 401],
  ["a comment of SQL", "agz_attacker'; DROP TABLE clients; --", 401],
  ["double quotes", '"OWN"', 401],
  ["a template", "${OWN}{{OWN}}%s%n", 401],
  ["markup", "<script>attacker()</script>", 401],
  ["JSON", '{"token":"OWN"}', 401],
  ["a prototype", "__proto__", 401],
  ["a constructor", "constructor", 401],
  ["the client's name", "default", 401],
  ["the entry's name", "client:default", 401],
  ["a pattern", "agz_.*", 401],
  ["a path", "../../../../etc/passwd", 401],
  ["a good one and more", "OWNattacker", 401],
  ["a good one without its end", "SHORT", 401],
  ["a good one in capitals", "UPPER", 401],
  ["a good one, percent-encoded", "%61OWN", 401],
  ["a good one behind another word", "attacker OWN", 401],
  ["a list with a good one", "attacker,OWN", 401],
  ["letters beyond ASCII", "agz_\xe4\xf6\xfc\xff", 401],
  ["UTF-8", "agz_\xf0\x9f\x92\xa9", 401],
  ["overlong UTF-8", "agz_\xc0\xaf\xed\xa0\x80", 401],
  ["a no-break space around a good one", "\xa0OWN\xa0", 401],
  ["a tab in it", "agz_\tattacker", 401],
  ["a NUL", "agz_attacker\0", 400],
  ["a good one and a NUL", "OWN\0", 400],
  ["a bare CR", "agz_attacker\rx: y", 400],
  ["a bare LF", "agz_attacker\nx: y", 400],
  ["a DEL", "agz_attacker\x7f", 400],
  ["60,000 characters", "attacker".repeat(7500), 401],
  ["a megabyte", "attacker".repeat(131_072), 431],
];

/** The fields in which tokens come. */
const CARRIERS: readonly (readonly [name: string, before: string])[] = [
  ["authorization", "Bearer "],
  ["authorization", ""],
  ["authorization", "Basic "],
  ["x-api-key", ""],
  ["x-goog-api-key", ""],
  ["api-key", ""],
];

testWith(NEEDS, "a hostile token is refused, in every field, and for a WebSocket too", async (t) => {
  await using scene = await startScene(["openai"]);
  const { proxy, token } = scene;
  const host = `127.0.0.1:${proxy.port}`;
  for (const [what, template, status] of TOKENS) {
    const value = template.replaceAll("OWN", token).replace("SHORT", token.slice(0, -1))
      .replace("UPPER", token.toUpperCase());
    await t.step(`${what}: ${status}`, async () => {
      for (const [name, before] of CARRIERS) {
        const headers = { host, [name]: before + value };
        await assertRefused(scene, rawRequest("GET /openai/v1/models", headers), status, ["attacker"]);
        await assertRefused(scene, webSocketRequest("GET /openai/v1/realtime", headers), status, [
          "attacker",
        ]);
      }
    });
  }
  assert.doesNotMatch(proxy.log(), /bug:|attacker/);
  assert.ok(!proxy.log().includes(token));
});

testWith(NEEDS, "a token counts only where tokens are, and only one client's at a time", async (t) => {
  await using scene = await startScene(["openai"]);
  const { box, proxy: { port }, token } = scene;
  const host = `127.0.0.1:${port}`;
  const other = (await box.run(["clients", "add", "other"])).stdout.trim();
  const rows: [what: string, target: string, headers: Record<string, string>, status: number][] = [
    ["no token", "", {}, 401],
    ["in the body's place", "", { "content-type": token }, 401],
    ["in a cookie", "", { cookie: `key=${token}; authorization=Bearer ${token}` }, 401],
    ["for a proxy", "", { "proxy-authorization": `Bearer ${token}` }, 401],
    ["as a password", "", { authorization: `Basic ${btoa(`user:${token}`)}` }, 401],
    ["of another scheme", "", { authorization: `Token ${token}` }, 401],
    ["without a scheme", "", { authorization: token }, 401],
    ["twice in one field", "", { authorization: `Bearer ${token}, Bearer ${token}` }, 401],
    ["in another parameter", `?token=${token}`, {}, 401],
    ["in a parameter in capitals", `?KEY=${token}`, {}, 401],
    ["in a parameter, encoded", `?%6bey=${token}`, {}, 401],
    ["in a list of parameters", `?key[]=${token}`, {}, 401],
    ["in the path", `/${token}`, {}, 401],
    ["in a fragment", `#key=${token}`, {}, 400],
    ["of two clients", "", { authorization: `Bearer ${token}`, "x-api-key": other }, 401],
    ["of two clients, one in the query", `?key=${other}`, { "x-api-key": token }, 401],
  ];
  for (const [what, target, headers, status] of rows) {
    await t.step(`${what}: ${status}`, async () => {
      const fields = { host, ...headers };
      await assertRefused(scene, rawRequest(`GET /openai/v1/models${target}`, fields), status, [other]);
      await assertRefused(scene, webSocketRequest(`GET /openai/v1/realtime${target}`, fields), status, [
        other,
      ]);
    });
  }
  const line = `GET /openai/v1/models HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n`;
  const doubled = [
    ["a good one and a bad one, in two lines", `x-api-key: ${token}\r\nx-api-key: attacker\r\n`],
    ["a good one in two lines", `authorization: Bearer ${token}\r\nAuthorization: Bearer ${token}\r\n`],
  ] as const;
  for (const [what, fields] of doubled) {
    await t.step(`${what}: 401`, () => assertRefused(scene, `${line}${fields}\r\n`, 401, ["attacker"]));
  }
  await t.step("the same one in every field: 200", async () => {
    const headers = { host, authorization: `bearer  ${token}`, "x-api-key": token, "api-key": token };
    assert.equal((await sendRaw(port, rawRequest("GET /openai/v1/models", headers))).status, 200);
  });
});

testWith(NEEDS, "a WebSocket that leads nowhere is refused", async (t) => {
  await using scene = await startScene(["openai"]);
  const { proxy: { port }, token } = scene;
  const host = `127.0.0.1:${port}`;
  const rows: [what: string, target: string, headers: Record<string, string>, status: number][] = [
    ["no route", "/", {}, 404],
    ["no such provider", "/attacker/v1/realtime", {}, 404],
    ["no credential", "/anthropic/v1/realtime", {}, 401],
    ["a host that is not listed", "/", { "x-target-url": "https://attacker.test/v1/realtime" }, 403],
    ["another scheme", "/", { "x-target-url": "wss://api.openai.com/v1/realtime" }, 403],
    [
      "two destinations",
      "/openai/v1/realtime",
      { "x-target-url": "https://api.openai.com/v1/realtime" },
      400,
    ],
    ["a path that makes credentials", "/openai/v1/realtime/client_secrets", {}, 403],
    ["a wrong token among the protocols", "/openai/v1/realtime", {
      "x-api-key": "",
      "sec-websocket-protocol": "realtime, openai-insecure-api-key.agz_attacker",
    }, 401],
    ["a good token under another prefix", "/openai/v1/realtime", {
      "x-api-key": "",
      "sec-websocket-protocol": `realtime, insecure-api-key.${token}`,
    }, 401],
    ["tokens of two kinds", "/openai/v1/realtime", {
      "x-api-key": "",
      "sec-websocket-protocol": `openai-insecure-api-key.${token}.attacker`,
    }, 401],
  ];
  for (const [what, target, headers, status] of rows) {
    await t.step(`${what}: ${status}`, async () => {
      const fields = { host, "x-api-key": token, ...headers };
      await assertRefused(scene, webSocketRequest(`GET ${target}`, fields), status, ["attacker"]);
    });
  }
});
