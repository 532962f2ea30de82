import assert from "node:assert/strict";
import { relay, type Transfer } from "../../../lib/proxy/relay.ts";
import { settle } from "../../support/fake_clock.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** An upstream whose every step the test decides. */
function controlled(init: ResponseInit = {}) {
  let controller!: ReadableStreamDefaultController<Bytes>;
  const canceled: unknown[] = [];
  let pulls = 0;
  const body = new ReadableStream<Bytes>({
    start: (one) => void (controller = one),
    pull: () => void pulls++,
    cancel: (reason) => void canceled.push(reason),
  }, { highWaterMark: 0 });
  const ends: Transfer[] = [];
  const answer = relay(new Response(body, init), false, (end) => ends.push(end));
  return { answer, controller, canceled, ends, pulls: () => pulls };
}

const bytes = (...values: number[]): Bytes => new Uint8Array(values);

Deno.test("relay() refuses a status that HTTP does not have, and ends the call", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({ cancel: () => void (cancelled = true) });
  const answer = { status: 999, headers: new Headers(), body } as Response;
  assert.throws(() => relay(answer, false, () => {}), { code: "upstream_failed" });
  await Promise.resolve();
  assert.ok(cancelled);
});

Deno.test("relay() passes the bytes on as they are, chunk by chunk, as they arrive", async () => {
  const { answer, controller, ends } = controlled();
  const reader = answer.body!.getReader();
  for (const chunk of [bytes(0, 255, 10), bytes(13, 10), bytes(0xc3), bytes(0xa9, 0xff)]) {
    const next = reader.read();
    controller.enqueue(chunk);
    assert.deepEqual(await next, { done: false, value: chunk });
    assert.deepEqual(ends, []);
  }
  const last = reader.read();
  controller.close();
  assert.deepEqual(await last, { done: true, value: undefined });
  assert.deepEqual(ends, [{ bytes: 8, end: "complete" }]);
});

Deno.test("relay() asks the provider for no more than the client takes", async () => {
  const { answer, controller, pulls } = controlled();
  await settle();
  assert.equal(pulls(), 0);
  const reader = answer.body!.getReader();
  const first = reader.read();
  controller.enqueue(bytes(1));
  await first;
  await settle();
  assert.ok(pulls() <= 1);
});

Deno.test("relay() gives back what an answer of 1 MiB held, byte for byte", async () => {
  const body = crypto.getRandomValues(new Uint8Array(65_536));
  const whole = new Uint8Array(16 * body.length).map((_, i) => body[i % body.length]!);
  const ends: Transfer[] = [];
  const answer = relay(new Response(whole), true, (end) => ends.push(end));
  assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), whole);
  assert.deepEqual(ends, [{ bytes: whole.length, end: "complete" }]);
});

Deno.test("relay() cuts the provider off when the client goes away between chunks", async () => {
  const { answer, controller, canceled, ends } = controlled();
  const reader = answer.body!.getReader();
  const first = reader.read();
  controller.enqueue(bytes(1, 2, 3));
  await first;
  await reader.cancel("gone");
  assert.equal(canceled.length, 1);
  assert.deepEqual(ends, [{ bytes: 3, end: "client_gone" }]);
});

Deno.test("relay() cuts the provider off before the first byte was asked for", async () => {
  const { answer, canceled, ends } = controlled();
  await answer.body!.cancel();
  assert.equal(canceled.length, 1);
  assert.deepEqual(ends, [{ bytes: 0, end: "client_gone" }]);
});

Deno.test("relay() reports one end when the client goes away while it waits for a chunk", async () => {
  const { answer, canceled, ends } = controlled();
  const reader = answer.body!.getReader();
  const waiting = reader.read();
  await settle();
  await reader.cancel();
  await waiting;
  await settle();
  assert.equal(canceled.length, 1);
  assert.deepEqual(ends, [{ bytes: 0, end: "client_gone" }]);
});

Deno.test("relay() breaks off, and says so, when the provider does", async () => {
  const { answer, controller, ends } = controlled();
  const reader = answer.body!.getReader();
  const first = reader.read();
  controller.enqueue(bytes(1, 2));
  await first;
  const second = reader.read();
  controller.error(new Error("https://api.openai.com/?key=sk-secret broke"));
  await assert.rejects(second, (error: Error) => !/secret|openai/.test(error.message + error.cause));
  await settle();
  assert.deepEqual(ends, [{ bytes: 2, end: "upstream_broke_off" }]);
});

Deno.test("relay() keeps the status, also of redirects and errors, and follows nothing", async (t) => {
  for (const status of [200, 201, 206, 301, 302, 303, 307, 308, 400, 401, 404, 429, 500, 503, 529]) {
    await t.step(String(status), async () => {
      const headers = { location: "https://evil.test/", "retry-after": "3" };
      const answer = relay(new Response("body", { status, headers }), false, () => {});
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get("location"), "https://evil.test/");
      assert.equal(answer.headers.get("retry-after"), "3");
      assert.equal(await answer.text(), "body");
    });
  }
});

Deno.test("relay() passes on answers without a body, whose end is at once", async (t) => {
  for (const status of [204, 205, 304, 200, 404]) {
    await t.step(String(status), () => {
      const ends: Transfer[] = [];
      const headers = { etag: '"x"', "content-length": "7" };
      const answer = relay(new Response(null, { status, headers }), true, (end) => ends.push(end));
      assert.deepEqual([answer.status, answer.body], [status, null]);
      assert.equal(answer.headers.get("etag"), '"x"');
      assert.equal(answer.headers.get("content-length"), "7");
      assert.deepEqual(ends, [{ bytes: 0, end: "complete" }]);
    });
  }
});
