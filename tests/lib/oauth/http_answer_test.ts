import assert from "node:assert/strict";
import { None, refreshTokenGrantRequest } from "oauth4webapi";
import { type Answer, postForm, type Reply, sendStandard } from "../../../lib/oauth/http.ts";
import { CLIENT, SERVER } from "../../../lib/oauth/services/codex.ts";
import type { FetchOptions } from "../../../lib/system.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";

/** A sender to a server that answers this. */
const senderTo = (answer: (url: string, options: FetchOptions) => Response) => ({
  system: {
    fetch: (url: string, options: FetchOptions) => Promise.resolve(answer(url, options)),
    sleep: () => new Promise<void>(() => {}),
  },
  userAgent: "agentgazer/1.2.3",
});

/** What comes of a request that is answered like this. */
const reply = (response: Response): Promise<Reply> =>
  postForm(senderTo(() => response), "https://login.test/token", {});

const MIB = 1 << 20;

const BODIES: [what: string, body: BodyInit | null, fields: Record<string, unknown>, isPage?: boolean][] = [
  ["an object", '{"a":1,"b":{"c":[]}}', { a: 1, b: { c: [] } }],
  ["an object with a byte order mark", '\ufeff{"a":1}', { a: 1 }],
  ["an object between spaces", ' \r\n{"a":1}\n', { a: 1 }],
  ["letters in several bytes", '{"a":"ä€😀"}', { a: "ä€😀" }],
  ["an object of almost a MiB", `{"a":"${"x".repeat(MIB - 8)}"}`, { a: "x".repeat(MIB - 8) }],
  ["nothing", null, {}],
  ["an empty text", "", {}],
  ["a list", '[{"a":1}]', {}],
  ["null", "null", {}],
  ["a number", "5", {}],
  ["a text", '"a"', {}],
  ["half an object", '{"a":1', {}],
  ["two objects", '{"a":1}{"a":2}', {}],
  ["a form", "access_token=x&token_type=y", {}],
  ["words", "upstream connect error", {}],
  ["broken UTF-8", new Uint8Array([0x7b, 0xff, 0x7d]), {}],
  ["NULs", "\0\0\0", {}],
  ["deep nesting", "[".repeat(100_000), {}],
  ["a page", "<!DOCTYPE html><title>Just a moment…</title>", {}, true],
  ["a page after spaces", "\r\n\t <html>", {}, true],
  ["a page after a byte order mark", "\ufeff<html>", {}, true],
  ["XML", '<?xml version="1.0"?><Error/>', {}, true],
];

Deno.test("an answer is a JSON object, a page, or nothing that is understood: …", async (t) => {
  for (const [what, body, fields, isPage = false] of BODIES) {
    await t.step(what, async () => {
      for (const status of body === null ? [204] : [200, 403]) {
        const expected: Answer = { state: "answered", status, fields, isPage };
        assert.deepEqual(await reply(new Response(body, { status })), expected);
      }
    });
  }
});

Deno.test("the type that an answer claims to have is not looked at", async () => {
  const response = new Response('{"a":1}', { headers: { "content-type": "text/html" } });
  assert.deepEqual((await reply(response) as Answer).fields, { a: 1 });
});

Deno.test("an answer cannot change the prototype of objects", async () => {
  const { fields } = await reply(new Response('{"__proto__":{"access_token":"x"}}')) as Answer;
  assert.equal(fields.access_token, undefined);
  assert.equal(({} as Record<string, unknown>).access_token, undefined);
});

Deno.test("a redirect is an answer like any other", async (t) => {
  for (const status of [301, 302, 303, 307, 308]) {
    await t.step(`${status}`, async () => {
      const urls: string[] = [];
      const sender = senderTo((url) => {
        urls.push(url);
        return new Response(null, { status, headers: { location: "https://evil.test/" } });
      });
      const got = await postForm(sender, "https://login.test/token", { token: CANARY });
      assert.deepEqual(got, { state: "answered", status, fields: {}, isPage: false });
      assert.deepEqual(urls, ["https://login.test/token"]);
    });
  }
});

const LOST = { state: "lost", reason: "the answer of login.test broke off" };

/** A body of these pieces, that fails after them or is never over. */
function pieces(texts: Iterable<string>, end?: Error) {
  const state = { isCancelled: false, read: 0 };
  const iterator = texts[Symbol.iterator]();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const { value, done } = iterator.next();
      if (done) return end === undefined ? controller.close() : controller.error(end);
      state.read += value.length;
      controller.enqueue(new TextEncoder().encode(value));
    },
    cancel: () => void (state.isCancelled = true),
  }, { highWaterMark: 0 });
  return { body, state };
}

/** The same text, again and again. */
function* forever(text: string): Generator<string> {
  for (;;) yield text;
}

Deno.test("an answer that broke off is lost", async (t) => {
  for (
    const [what, texts] of [["at once", []], ["in the middle", ['{"access_token":', `"${CANARY}`]]] as const
  ) {
    await t.step(what, async () => {
      const got = await reply(new Response(pieces(texts, new Error(CANARY)).body));
      assert.deepEqual(got, LOST);
      assertNoCanary(JSON.stringify(got), "the reply");
    });
  }
});

Deno.test("an answer that is too long is lost, and not read on", async (t) => {
  await t.step("one piece", async () => {
    assert.deepEqual(await reply(new Response(`{"a":"${"x".repeat(MIB)}"}`)), LOST);
  });
  await t.step("without an end", async () => {
    const { body, state } = pieces(forever("x".repeat(1 << 16)));
    assert.deepEqual(await reply(new Response(body)), LOST);
    assert.ok(state.isCancelled, "it is still read");
    assert.equal(state.read, MIB + (1 << 16));
  });
});

Deno.test("letters may be cut between two pieces", async () => {
  const bytes = new TextEncoder().encode('{"a":"ä€😀"}');
  const body = ReadableStream.from([...bytes].map((byte) => Uint8Array.of(byte)));
  assert.deepEqual((await reply(new Response(body)) as Answer).fields, { a: "ä€😀" });
});

Deno.test("sendStandard() sends what oauth4webapi makes, and reads the answer in its place", async (t) => {
  const answers: [what: string, response: () => Response][] = [
    ["tokens", () => Response.json({ access_token: "a" })],
    ["an error as the standard has it", () => Response.json({ error: "invalid_grant" }, { status: 400 })],
    ["an error as OpenAI has it", () => Response.json({ error: { code: "x" } }, { status: 401 })],
    ["a challenge", () => Response.json({}, { status: 401, headers: { "www-authenticate": "Bearer x" } })],
    ["a page", () => new Response("<html>", { status: 403 })],
    ["a redirect", () => new Response(null, { status: 307, headers: { location: "/x" } })],
  ];
  for (const [what, response] of answers) {
    await t.step(what, async () => {
      const sent: FetchOptions[] = [];
      const sender = senderTo((url, options) => {
        assert.equal(url, "https://auth.openai.com/oauth/token");
        sent.push(options);
        return response();
      });
      const got = await sendStandard(
        sender,
        (options) => refreshTokenGrantRequest(SERVER, CLIENT, None(), "rt", options),
      );
      assert.deepEqual(got, await reply(response()));
      assert.equal(sent.length, 1);
      const { method, redirect, headers, body } = sent[0]!;
      assert.deepEqual([method, redirect], ["POST", "manual"]);
      assert.equal(new Headers(headers).get("user-agent"), "agentgazer/1.2.3");
      assert.equal(new Headers(headers).get("accept"), "application/json");
      assert.ok(body instanceof ReadableStream, "the runtime may send the body twice");
      assert.equal(
        await new Response(body).text(),
        `refresh_token=rt&grant_type=refresh_token&client_id=${CLIENT.client_id}`,
      );
    });
  }
});
