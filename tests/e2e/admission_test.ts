import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { rawRequest, sendRaw } from "../support/raw.ts";
import { startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

testWith(NEEDS, "agentgazer start answers only to its own names", async (t) => {
  await using scene = await startScene(["openai"]);
  const { port } = scene.proxy;
  const own = `127.0.0.1:${port}`;
  const token = { "x-api-key": scene.token };
  const rows: [name: string, line: string, host: string | undefined, status: number][] = [
    ["own address", "GET /openai/v1/models", own, 200],
    ["localhost", "GET /openai/v1/models", `localhost:${port}`, 200],
    ["IPv6 loopback", "GET /openai/v1/models", `[::1]:${port}`, 200],
    ["absolute form of our own", `GET http://${own}/openai/v1/models`, own, 200],
    ["no Host", "GET /openai/v1/models", undefined, 400],
    ["empty Host", "GET /openai/v1/models", "", 400],
    ["rebound name", "GET /openai/v1/models", `attacker.test:${port}`, 421],
    ["other port", "GET /openai/v1/models", "127.0.0.1:1", 421],
    ["no port", "GET /openai/v1/models", "127.0.0.1", 421],
    ["the provider's name", "GET /openai/v1/models", "api.openai.com", 421],
    ["look-alike", "GET /openai/v1/models", `localhost.attacker.test:${port}`, 421],
    ["path in Host", "GET /admin", `localhost:${port}/health?x=`, 421],
    ["fragment in Host", "GET /admin", `localhost:${port}#`, 421],
    ["userinfo in Host", "GET /openai/v1/models", `user@localhost:${port}`, 421],
    ["backslash in Host", "GET /openai/v1/models", `localhost:${port}\\health?`, 421],
    ["two names in Host", "GET /openai/v1/models", `${own}, attacker.test`, 421],
    ["absolute form of another", "GET https://api.openai.com/v1/models", own, 421],
    ["absolute form with userinfo", `GET http://u@${own}/openai/v1/models`, own, 421],
    ["CONNECT", "CONNECT api.openai.com:443", "api.openai.com:443", 421],
    ["CONNECT to us", `CONNECT ${own}`, own, 421],
    ["empty first segment", "GET //openai/v1/models", own, 404],
    ["OPTIONS *", "OPTIONS *", own, 404],
    ["dot segment", "GET /openai/../anthropic/v1/models", own, 400],
    ["encoded dot segment", "GET /openai/%2e%2e/v1/models", own, 400],
    ["backslash", "GET /openai\\v1/models", own, 400],
  ];
  for (const [name, line, host, status] of rows) {
    await t.step(`${name}: ${status}`, async () => {
      scene.providers.received.length = 0;
      const answer = await sendRaw(port, rawRequest(line, { ...host !== undefined && { host }, ...token }));
      assert.equal(answer.status, status, answer.head);
      assert.equal(scene.providers.received.length, status === 200 ? 1 : 0);
      assert.doesNotMatch(answer.head, /access-control/i);
    });
  }
  await t.step("HTTP/1.0: 400", async () => {
    const answer = await sendRaw(port, `GET /openai/v1/models HTTP/1.0\r\nx-api-key: ${scene.token}\r\n\r\n`);
    assert.equal(answer.status, 400);
  });
});

testWith(NEEDS, "agentgazer start refuses web pages", async (t) => {
  await using scene = await startScene(["openai"]);
  const { port } = scene.proxy;
  const own = `127.0.0.1:${port}`;
  scene.providers.received.length = 0;
  const rows: [name: string, method: string, headers: Record<string, string>][] = [
    ["Origin", "POST", { origin: "https://attacker.test" }],
    ["null Origin", "POST", { origin: "null" }],
    ["our own Origin", "POST", { origin: `http://${own}` }],
    ["Origin that begins like ours", "POST", { origin: "http://localhost:1.attacker.test" }],
    ["cross-site", "GET", { "sec-fetch-site": "cross-site" }],
    ["same-site", "GET", { "sec-fetch-site": "same-site" }],
    ["same-origin", "GET", { "sec-fetch-site": "same-origin" }],
    ["preflight", "OPTIONS", { origin: "https://attacker.test", "access-control-request-method": "POST" }],
    ["simple post", "POST", { origin: "https://attacker.test", "content-type": "text/plain" }],
    ["WebSocket", "GET", { origin: "https://attacker.test", upgrade: "websocket" }],
  ];
  for (const [name, method, headers] of rows) {
    await t.step(name, async () => {
      const fields = { host: own, "x-api-key": scene.token, ...headers };
      const answer = await sendRaw(port, rawRequest(`${method} /openai/v1/models`, fields));
      assert.equal(answer.status, 403);
      assert.doesNotMatch(answer.head, /access-control/i);
    });
  }
  assert.equal(scene.providers.received.length, 0);
  await t.step("a program with Node's fetch headers passes", async () => {
    const fields = { host: own, "x-api-key": scene.token, "sec-fetch-mode": "cors" };
    const answer = await sendRaw(port, rawRequest("GET /openai/v1/models", fields));
    assert.equal(answer.status, 200);
  });
});

testWith(NEEDS, "agentgazer start --allow-host adds exactly that name", async (t) => {
  await using scene = await startScene(["openai"]);
  await using proxy = await scene.box.start(["--allow-host", "gateway.lan", "tls.lan:443"]);
  const rows: [host: string, status: number][] = [
    [`gateway.lan:${proxy.port}`, 200],
    ["tls.lan", 200],
    ["tls.lan:443", 200],
    ["gateway.lan", 421],
    [`tls.lan:${proxy.port}`, 421],
    [`x.gateway.lan:${proxy.port}`, 421],
  ];
  for (const [host, status] of rows) {
    await t.step(`${host}: ${status}`, async () => {
      const answer = await sendRaw(
        proxy.port,
        rawRequest("GET /openai/v1/models", { host, "x-api-key": scene.token }),
      );
      assert.equal(answer.status, status);
    });
  }
});

testWith(NEEDS, "agentgazer start knows its clients", async (t) => {
  await using scene = await startScene(["openai", "anthropic"]);
  const { box, proxy, providers } = scene;
  const add = async (...args: string[]) => (await box.run(["clients", "add", ...args])).stdout.trim();
  const narrow = await add("narrow", "--allow", "openai");
  const minter = await add("minter", "--allow-minting");
  const gone = await add("gone");
  await box.run(["clients", "remove", "gone"]);

  const call = (path: string, token: string) => fetch(proxy.url + path, { headers: { "api-key": token } });
  const rows: [name: string, path: string, token: string, status: number, code: string | undefined][] = [
    ["no such token", "/openai/v1/models", "agz_wrong", 401, "client_token_invalid"],
    ["a removed client's", "/openai/v1/models", gone, 401, "client_token_invalid"],
    ["the right provider", "/openai/v1/models", narrow, 200, undefined],
    ["a provider not allowed", "/anthropic/v1/models", narrow, 403, "provider_refused"],
    ["a minting path", "/openai/v1/organization/admin_api_keys", narrow, 403, "path_refused"],
    ["a minting path in disguise", "/openai/v1/%6frganization/users", narrow, 403, "path_refused"],
    ["a minting path, allowed", "/openai/v1/realtime/client_secrets", minter, 200, undefined],
  ];
  for (const [name, path, token, status, code] of rows) {
    await t.step(name, async () => {
      providers.received.length = 0;
      const answer = await call(path, token);
      const body = await answer.json();
      assert.equal(answer.status, status, JSON.stringify(body));
      assert.equal(body.error?.code, code);
      assert.equal(providers.received.length, status === 200 ? 1 : 0);
    });
  }
  await t.step("rights that were edited in the file", async () => {
    const file = `${box.home}/vault.json`;
    const vault = JSON.parse(await Deno.readTextFile(file));
    vault.entries["client:narrow"].allow = null;
    await Deno.writeTextFile(file, JSON.stringify(vault));
    const answer = await call("/anthropic/v1/models", narrow);
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /the client .*narrow/);
  });
});
