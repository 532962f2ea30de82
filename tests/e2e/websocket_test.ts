import { createHash } from "node:crypto";
import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { sendRaw } from "../support/raw.ts";
import { overBytes, type RawScene, startRawScene, type Upstream } from "../support/raw_provider.ts";
import { canaryKey } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = createHash("sha1").update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** A text and a binary frame of a client, an unfinished one, and the close frame of a server with a code of its own. */
const FRAMES = "\x81\x82\x01\x02\x03\x04ik\x82\x81\x01\x02\x03\x04\xfeA";
const CLOSE = "\x88\x0b\x03\xf0too much.";

function handshake(port: number, lines: readonly string[], target = "/openai/v1/realtime?model=m"): string {
  const all = [
    `GET ${target} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Connection: keep-alive, Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    ...lines,
  ];
  return all.join("\r\n") + "\r\n\r\n";
}

function switching(accept = ACCEPT, ...lines: readonly string[]): string {
  const all = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: WebSocket",
    "Connection: upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    ...lines,
  ];
  return all.join("\r\n") + "\r\n\r\n";
}

/** An open WebSocket, both ends of which are in the test's hands. */
async function open(scene: RawScene): Promise<{ client: Upstream; upstream: Upstream }> {
  const client = overBytes(await Deno.connect({ port: scene.proxy.port }));
  const lines = [`Sec-WebSocket-Key: ${KEY}`, `Authorization: Bearer ${scene.token}`];
  await client.send(handshake(scene.proxy.port, lines));
  const upstream = await scene.next();
  await upstream.received(/\r\n\r\n$/);
  await upstream.send(switching());
  await client.received(/\r\n\r\n$/);
  return { client, upstream };
}

testWith(NEEDS, "a WebSocket is opened with the credential, and its bytes pass as they are", async (t) => {
  await using scene = await startRawScene();
  const { port } = scene.proxy;
  const bearer = `Authorization: Bearer ${scene.token}`;
  const token = `openai-insecure-api-key.${scene.token}`;
  const rows: [name: string, target: string, lines: string[], protocol: string | undefined][] = [
    ["a header", "/openai/v1/realtime?model=m", [bearer], undefined],
    [
      "a subprotocol",
      "/openai/v1/realtime?model=m",
      [`Sec-WebSocket-Protocol: realtime, ${token}, openai-beta.realtime-v1`],
      "realtime, openai-beta.realtime-v1",
    ],
    ["only that subprotocol", "/openai/v1/realtime?model=m", [`Sec-WebSocket-Protocol: ${token}`], undefined],
    ["the query", `/openai/v1/realtime?model=m&key=${scene.token}`, [], undefined],
    [
      "the token of another in a subprotocol",
      "/openai/v1/realtime?model=m",
      [bearer, `Sec-WebSocket-Protocol: openai-insecure-api-key.sk-other, realtime`],
      "realtime",
    ],
  ];
  for (const [name, target, lines, protocol] of rows) {
    await t.step(name, async () => {
      const client = overBytes(await Deno.connect({ port }));
      await client.send(handshake(port, [`Sec-WebSocket-Key: ${KEY}`, ...lines], target));
      const upstream = await scene.next();
      const sent = await upstream.received(/\r\n\r\n$/);
      assert.match(sent, /^GET \/v1\/realtime\?model=m HTTP\/1.1\r\nhost: api.openai.com\r\n/);
      assert.ok(sent.includes(`\r\nauthorization: Bearer ${canaryKey("openai")}\r\n`));
      assert.ok(sent.includes(`\r\nconnection: Upgrade\r\nupgrade: websocket\r\n`));
      assert.ok(sent.includes(`\r\nsec-websocket-key: ${KEY}\r\nsec-websocket-version: 13\r\n`));
      assert.equal(/\r\nsec-websocket-protocol: (.*)\r\n/.exec(sent)?.[1], protocol);
      assert.ok(!sent.includes(scene.token) && !sent.includes("sk-other"));
      await upstream.send(
        switching(ACCEPT, "Sec-WebSocket-Protocol: realtime", "Set-Cookie: a=b") + "\x81!",
      );
      const got = await client.received(/\r\n\r\n\x81!$/);
      assert.match(got, /^HTTP\/1.1 101 Switching Protocols\r\n/);
      assert.match(got, new RegExp(`\r\nsec-websocket-accept: ${ACCEPT.replace("+", "\\+")}\r\n`));
      assert.match(got, /\r\nsec-websocket-protocol: realtime\r\n/);
      assert.doesNotMatch(got, /set-cookie|content-length|transfer-encoding/i);
      await client.send(FRAMES);
      assert.ok((await upstream.received(/\xfeA$/)).endsWith(`\r\n\r\n${FRAMES}`));
      await upstream.send(CLOSE);
      assert.ok((await client.received(/too much\.$/)).endsWith(`\x81!${CLOSE}`));
      upstream.close();
      await client.ended;
      client.close();
    });
  }
});

testWith(NEEDS, "when one side of a WebSocket ends, the other is closed", async (t) => {
  await using scene = await startRawScene();
  await t.step("the provider", async () => {
    const { client, upstream } = await open(scene);
    upstream.close();
    await client.ended;
    client.close();
    await scene.proxy.logged(/ GET \/openai\/v1\/realtime 101 0B \d+ms\n/);
  });
  await t.step("the client", async () => {
    const { client, upstream } = await open(scene);
    await client.send(FRAMES);
    client.close();
    assert.ok((await upstream.received(/\xfeA$/)).endsWith(FRAMES));
    await upstream.ended;
  });
  await t.step("the proxy itself does not wait for it", async () => {
    const { client, upstream } = await open(scene);
    assert.equal(await scene.proxy.stop(), 0);
    await Promise.all([client.ended, upstream.ended]);
    client.close();
  });
});

testWith(NEEDS, "a handshake that is not one gets a clear answer", async (t) => {
  await using scene = await startRawScene();
  const { port } = scene.proxy;
  const key = `Sec-WebSocket-Key: ${KEY}`;
  const bearer = `Authorization: Bearer ${scene.token}`;
  const close = "Connection: close";
  const text = (lines: readonly string[], target?: string) => handshake(port, [close, ...lines], target);
  const rows: [name: string, request: string, status: number][] = [
    ["no token", text([key]), 401],
    [
      "a wrong token in a subprotocol",
      text([key, "Sec-WebSocket-Protocol: openai-insecure-api-key.agz_x"]),
      401,
    ],
    ["a page", text([key, bearer, "Origin: http://a.test"]), 403],
    ["a page with the token", text([key, bearer, "Sec-Fetch-Site: cross-site"]), 403],
    ["a rebound name", text([key, bearer]).replace("127.0.0.1", "attacker.test"), 421],
    ["no route", text([key, bearer], "/nowhere/v1"), 404],
    ["a minting path", text([key, bearer], "/openai/v1/realtime/sessions"), 403],
    ["no key", text([bearer]), 400],
    ["a short key", text([bearer, "Sec-WebSocket-Key: dGhl"]), 400],
    ["two keys", text([bearer, key, key]), 400],
    ["an old version", text([bearer, key]).replace("Version: 13", "Version: 8"), 426],
    ["a POST", text([bearer, key]).replace("GET", "POST"), 400],
    ["a body", text([bearer, key, "Content-Length: 1"]) + "x", 400],
  ];
  for (const [name, request, status] of rows) {
    await t.step(`${name}: ${status}`, async () => {
      const answer = await sendRaw(port, request);
      assert.equal(answer.status, status, answer.head);
      assert.ok(!answer.body.includes(scene.token));
    });
  }
  assert.equal(scene.count, 0);
});

testWith(NEEDS, "an answer that agrees to no handshake of ours opens nothing", async (t) => {
  await using scene = await startRawScene();
  const { port } = scene.proxy;
  const lines = [`Sec-WebSocket-Key: ${KEY}`, `Authorization: Bearer ${scene.token}`];
  const asked = handshake(port, lines);
  const plain =
    `GET /openai/v1/x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nx-api-key: ${scene.token}\r\nConnection: close\r\n\r\n`;
  const old = asked.replace("HTTP/1.1", "HTTP/1.0");
  const rows: [name: string, request: string, answer: string, status: number][] = [
    ["another key's proof", asked, switching("AAAAAAAAAAAAAAAAAAAAAAAAAAA="), 502],
    ["no proof", asked, switching().replace(/Sec.*\r\n/, ""), 502],
    ["another protocol", asked, switching().replace("WebSocket", "h2c"), 502],
    ["no Connection", asked, switching().replace("Connection: upgrade\r\n", ""), 502],
    ["to a request that asked for none", plain, switching(), 502],
    ["to HTTP/1.0, which can't ask", old, switching(), 502],
    ["a refusal, which is passed on", asked, "HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno", 403],
  ];
  for (const [name, request, reply, status] of rows) {
    await t.step(`${name}: ${status}`, async () => {
      const answering = sendRaw(port, request.replace("keep-alive", "close"));
      const upstream = await scene.next();
      await upstream.received(/\r\n\r\n$/);
      await upstream.send(reply);
      if (status === 502) await upstream.ended;
      upstream.close();
      assert.equal((await answering).status, status);
    });
  }
});
