import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { startRawScene } from "../support/raw_provider.ts";
import { sendRaw } from "../support/raw.ts";
import { canaryKey } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

testWith(NEEDS, "what leaves is what was asked for, with a framing of our own", async (t) => {
  await using scene = await startRawScene();
  const { port } = scene.proxy;
  const own = `host: 127.0.0.1:${port}\r\nx-api-key: ${scene.token}\r\nconnection: close\r\n`;
  const start = `/v1/x HTTP/1.1\r\nhost: api.openai.com\r\n`;
  const end = `accept-encoding: identity\r\n`;
  const key = `authorization: Bearer ${canaryKey("openai")}\r\n\r\n`;
  const rows: [what: string, request: string, sent: string][] = [
    ["a GET", `GET /openai/v1/x HTTP/1.1\r\n${own}\r\n`, `GET ${start}${end}${key}`],
    [
      "fields of its own, in their order",
      `GET /openai/v1/x HTTP/1.1\r\n${own}X-B: 2\r\nX-A: \xe9\r\n\r\n`,
      `GET ${start}x-b: 2\r\nx-a: \xe9\r\n${end}${key}`,
    ],
    [
      "a POST without a body",
      `POST /openai/v1/x HTTP/1.1\r\n${own}\r\n`,
      `POST ${start}${end}content-length: 0\r\n${key}`,
    ],
    [
      "a body",
      `POST /openai/v1/x HTTP/1.1\r\n${own}Content-Length: 3\r\n\r\nabc`,
      `POST ${start}${end}content-length: 3\r\n${key}abc`,
    ],
    [
      "a chunked body, in chunks of ours",
      `POST /openai/v1/x HTTP/1.1\r\n${own}Transfer-Encoding: Chunked\r\nTE: trailers\r\nExpect: x\r\n\r\n1;a=b\r\na\r\n02\r\nbc\r\n0\r\nx: y\r\n\r\n`,
      `POST ${start}${end}transfer-encoding: chunked\r\n${key}3\r\nabc\r\n0\r\n\r\n`,
    ],
  ];
  for (const [what, request, sent] of rows) {
    await t.step(what, async () => {
      const answer = sendRaw(port, request);
      const upstream = await scene.next();
      const received = await upstream.received(
        sent.endsWith("0\r\n\r\n") ? /\r\n0\r\n\r\n$/ : /\r\n\r\n(abc)?$/,
      );
      assert.equal(received, sent);
      await upstream.send(OK.replace("\r\n", "\r\nconnection: close\r\n"));
      assert.equal((await answer).body, "ok");
      await upstream.ended;
    });
  }
});

testWith(
  NEEDS,
  "a connection to a provider is used again, and once more is tried when it had ended",
  async () => {
    await using scene = await startRawScene();
    const body = JSON.stringify({ text: "x".repeat(100_000) });
    const post = () => scene.call("/v1/responses", { method: "POST", body });
    const first = post();
    const upstream = await scene.next();
    await upstream.received(/x"}$/);
    await upstream.send(OK);
    assert.equal(await (await first).text(), "ok");

    const second = post();
    await upstream.received(/x"}[^]*x"}$/);
    upstream.close();
    const fresh = await scene.next();
    assert.ok((await fresh.received(/x"}$/)).endsWith(`\r\n\r\n${body}`));
    await fresh.send(OK);
    assert.equal(await (await second).text(), "ok");

    const third = post();
    await fresh.received(/x"}[^]*x"}$/);
    await fresh.send("HTTP/1.1 2");
    fresh.close();
    assert.equal((await third).status, 502);
    assert.equal(scene.count, 2);
  },
);

testWith(NEEDS, "what a provider sends unasked is never another request's answer", async () => {
  await using scene = await startRawScene();
  const first = scene.call("/v1/models");
  const upstream = await scene.next();
  await upstream.received(/\r\n\r\n$/);
  await upstream.send(OK + OK.replace("ok", "no"));
  assert.equal(await (await first).text(), "ok");
  await upstream.ended;
  const second = scene.call("/v1/models");
  const fresh = await scene.next();
  await fresh.received(/\r\n\r\n$/);
  await fresh.send(OK);
  assert.equal(await (await second).text(), "ok");
  await fresh.send("x");
  await fresh.ended;
});

testWith(NEEDS, "an answer that is no HTTP is a 502 that tells nothing of it", async (t) => {
  await using scene = await startRawScene();
  const rows: [what: string, answer: string][] = [
    ["garbage", "canary\r\n\r\n"],
    ["an upgrade", "HTTP/1.1 101 Switching Protocols\r\nupgrade: canary\r\n\r\n"],
    ["two lengths", OK.replace("content", "content-length: 2\r\ncontent")],
    ["a length and chunks", OK.replace("content", "transfer-encoding: chunked\r\ncontent")],
    ["another coding", OK.replace("content-length: 2", "transfer-encoding: gzip, chunked")],
    ["a bare LF", "HTTP/1.1 200 OK\nx: canary\r\n\r\n"],
    ["a folded field", "HTTP/1.1 200 OK\r\nx: a\r\n canary\r\n\r\n"],
    ["a status of its own", "HTTP/1.1 999 canary\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"],
    ["nothing but early answers", "HTTP/1.1 103 canary\r\n\r\n".repeat(20)],
    ["a head without an end", `HTTP/1.1 200 OK\r\nx: ${"canary".repeat(20_000)}`],
  ];
  for (const [what, bytes] of rows) {
    await t.step(what, async () => {
      const answer = scene.call("/v1/models");
      const upstream = await scene.next();
      await upstream.received(/\r\n\r\n$/);
      await upstream.send(bytes).catch(() => {});
      const { status, headers, body } = await answer;
      assert.equal(status, 502);
      const shown = await new Response(body).text() + JSON.stringify([...headers]) + scene.proxy.log();
      assert.doesNotMatch(shown, /canary/);
      await upstream.ended;
    });
  }
});

testWith(NEEDS, "every address of a host is tried", async () => {
  // Nothing listens there.
  await using scene = await startRawScene(["127.0.0.2"]);
  const answer = scene.call("/v1/models");
  const upstream = await scene.next();
  await upstream.received(/\r\n\r\n$/);
  await upstream.send(OK);
  assert.equal(await (await answer).text(), "ok");
});

testWith(NEEDS, "a certificate for another host ends the connection before anything is sent", async () => {
  await using scene = await startRawScene();
  await scene.box.run(["providers", "set", "anthropic"], { stdin: canaryKey("anthropic") + "\n" });
  const hosts = `${scene.box.folder}/hosts`;
  const lines = await Deno.readTextFile(hosts);
  await Deno.writeTextFile(hosts, lines + lines.replaceAll("api.openai.com", "api.anthropic.com"));
  const answer = await fetch(`${scene.proxy.url}/anthropic/v1/messages`, {
    method: "POST",
    body: "{}",
    headers: { "x-api-key": scene.token },
  });
  assert.equal(answer.status, 502);
  assert.match(await answer.text(), /certificate is not /);
});
