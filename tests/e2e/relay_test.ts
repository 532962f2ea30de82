import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { canaryKey, startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

testWith(NEEDS, "agentgazer start relays a request byte by byte, with the credential put in", async () => {
  await using scene = await startScene(["openai"]);
  const { providers } = scene;
  const reply = new Uint8Array(100_000).map((_, i) => i * 31);
  providers.answer = () =>
    new Response(reply, {
      headers: { "content-type": "application/json", etag: '"strong"', "x-request-id": "r1" },
    });
  const body = new Uint8Array(70_000).map((_, i) => i * 7);
  const answer = await scene.call("/openai/v1/files?purpose=a%20b&x='y'", {
    method: "POST",
    body,
    headers: { "x-custom": "kept", "accept-encoding": "gzip, br", "openai-project": "p1" },
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-length"), String(reply.length));
  assert.equal(answer.headers.get("content-encoding"), null);
  assert.equal(answer.headers.get("etag"), '"strong"');
  assert.equal(answer.headers.get("x-request-id"), "r1");
  assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), reply);

  const received = providers.takeOne();
  assert.equal(received.method, "POST");
  assert.equal(received.host, "api.openai.com");
  assert.equal(received.target, "/v1/files?purpose=a%20b&x=%27y%27");
  assert.deepEqual(received.body, body);
  assert.equal(received.headers.get("authorization"), `Bearer ${canaryKey("openai")}`);
  assert.equal(received.headers.get("x-custom"), "kept");
  assert.equal(received.headers.get("openai-project"), "p1");
});

testWith(
  NEEDS,
  "agentgazer start passes compressible answers on uncompressed, however they are framed",
  async (t) => {
    await using scene = await startScene(["openai"]);
    const text = JSON.stringify({ text: "x".repeat(5000) });
    const framings: [string, () => BodyInit, Record<string, string>][] = [
      ["whole", () => text, {}],
      ["streamed", () => new Blob([text]).stream(), {}],
      ["with a cache-control of its own", () => text, { "cache-control": "private" }],
    ];
    for (const [name, body, headers] of framings) {
      await t.step(name, async () => {
        scene.providers.answer = () =>
          new Response(body(), { headers: { "content-type": "application/json", ...headers } });
        const answer = await scene.call("/openai/v1/models", { headers: { "accept-encoding": "gzip" } });
        assert.equal(answer.headers.get("content-encoding"), null);
        assert.equal(await answer.text(), text);
      });
    }
  },
);

testWith(NEEDS, "agentgazer start streams both ways as the parts arrive", async () => {
  await using scene = await startScene(["anthropic"]);
  const turn: PromiseWithResolvers<void>[] = [0, 1, 2].map(() => Promise.withResolvers<void>());
  scene.providers.recordBodies = false;
  scene.providers.answer = (request) => {
    // Each event is sent only after the client has said that it has the one before.
    const client = request.body!.pipeThrough(new TextDecoderStream()).getReader();
    const events = new ReadableStream({
      async start(controller) {
        for (let i = 0; i < 3; i++) {
          controller.enqueue(new TextEncoder().encode(`data: ${i}\n\n`));
          const said = await client.read();
          assert.equal(said.value, `got ${i}`);
          turn[i]!.resolve();
        }
        controller.close();
      },
    });
    return new Response(events, { headers: { "content-type": "text/event-stream" } });
  };
  const upload = new TransformStream<Uint8Array, Uint8Array>();
  const say = upload.writable.getWriter();
  const answer = await scene.call("/anthropic/v1/messages", { method: "POST", body: upload.readable });
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  const events = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await events.read(), { done: false, value: `data: ${i}\n\n` });
    await say.write(new TextEncoder().encode(`got ${i}`));
    await turn[i]!.promise;
  }
  assert.equal((await events.read()).done, true);
  await say.close();
});

testWith(
  NEEDS,
  "agentgazer start aborts upstream when the client goes away, and the other way round",
  async (t) => {
    await using scene = await startScene(["openai"]);
    await t.step("before the answer began", async () => {
      const arrived = Promise.withResolvers<void>();
      const aborted = Promise.withResolvers<void>();
      scene.providers.answer = (request) => {
        request.signal.addEventListener("abort", () => aborted.resolve());
        arrived.resolve();
        return new Promise<Response>(() => {});
      };
      const client = new AbortController();
      const answer = scene.call("/openai/v1/models", { signal: client.signal });
      await arrived.promise;
      client.abort();
      await assert.rejects(answer);
      await aborted.promise;
    });
    await t.step("in the middle of it", async () => {
      const cancelled = Promise.withResolvers<void>();
      scene.providers.answer = () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new Uint8Array(10)),
            cancel: () => cancelled.resolve(),
          }),
        );
      const client = new AbortController();
      const answer = await scene.call("/openai/v1/models", { signal: client.signal });
      await answer.body!.getReader().read();
      client.abort();
      await cancelled.promise;
    });
    await t.step("the provider breaks off", async () => {
      let breakOff = () => {};
      scene.providers.answer = () =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(new Uint8Array(10));
              breakOff = () => controller.error(new Error("gone"));
            },
          }),
        );
      const answer = await scene.call("/openai/v1/models");
      const reader = answer.body!.getReader();
      await reader.read();
      breakOff();
      await assert.rejects(reader.read());
      await scene.proxy.logged(/200 10B \d+ms upstream_broke_off\n/);
    });
  },
);

testWith(NEEDS, "agentgazer start drops what an answer may not carry, and keeps the rest", async () => {
  await using scene = await startScene(["openai"]);
  scene.providers.answer = () =>
    new Response("{}", {
      headers: {
        "set-cookie": "session=1",
        "access-control-allow-origin": "*",
        "alt-svc": 'h3=":443"',
        "retry-after": "7",
      },
    });
  const answer = await scene.call("/openai/v1/models");
  assert.equal(await answer.text(), "{}");
  const { headers } = answer;
  assert.equal(headers.get("set-cookie"), null);
  assert.equal(headers.get("access-control-allow-origin"), null);
  assert.equal(headers.get("alt-svc"), null);
  assert.equal(headers.get("retry-after"), "7");
});

testWith(NEEDS, "agentgazer start relays statuses and methods as they are", async (t) => {
  await using scene = await startScene(["openai"]);
  for (const status of [200, 201, 204, 304, 400, 401, 403, 404, 409, 418, 429, 500, 503, 529]) {
    await t.step(`status ${status}`, async () => {
      const bodiless = [204, 304].includes(status);
      scene.providers.answer = () => new Response(bodiless ? null : `s${status}`, { status });
      const answer = await scene.call("/openai/v1/models");
      assert.equal(answer.status, status);
      assert.equal(await answer.text(), bodiless ? "" : `s${status}`);
    });
  }
  scene.providers.received.length = 0;
  for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
    await t.step(method, async () => {
      scene.providers.answer = () => new Response(method === "HEAD" ? null : "ok");
      const answer = await scene.call("/openai/v1/models", { method });
      assert.equal(answer.status, 200);
      await answer.body?.cancel();
      assert.equal(scene.providers.takeOne().method, method);
    });
  }
});
