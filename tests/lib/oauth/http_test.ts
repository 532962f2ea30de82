import assert from "node:assert/strict";
import { postForm, postJson, type Reply } from "../../../lib/oauth/http.ts";
import type { FetchOptions } from "../../../lib/system.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { isSettled } from "../../support/fake_callback.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const URL_ = "https://login.test/oauth/token?x=1";

type Fetch = (url: string, options: FetchOptions) => Promise<Response>;

/** What comes of a request when `fetch` does this. */
function send(fetch: Fetch, clock = new FakeClock()): Promise<Reply> {
  return postForm({ system: { fetch, sleep: clock.sleep }, userAgent: "agentgazer/1.2.3" }, URL_, {
    refresh_token: CANARY,
    "a b": "ä&=+",
  }, { "x-request-id": "r1" });
}

/** The runtime's error for a request that failed. */
const failed = (cause: string) =>
  new TypeError(`error sending request for url (${URL_}): ${cause} ${CANARY}`);

const FAILURES: [error: unknown, state: "unsent" | "lost", reason: RegExp][] = [
  [
    failed("client error (Connect): dns error: failed to lookup address"),
    "unsent",
    /login\.test could not be resolved/,
  ],
  [
    failed("failed to lookup address information: Name or service not known"),
    "unsent",
    /could not be resolved/,
  ],
  [
    failed("client error (Connect): tcp connect error: Connection refused"),
    "unsent",
    /refused the connection/,
  ],
  [
    failed("client error (Connect): invalid peer certificate: UnknownIssuer"),
    "unsent",
    /certificate of login\.test/,
  ],
  [
    failed("client error (Connect): tcp connect error: Network is unreachable"),
    "unsent",
    /could not be reached/,
  ],
  [failed("client error (Connect): tls handshake eof"), "unsent", /could not be reached/],
  [failed("client error (SendRequest): connection closed before message completed"), "lost", /broke off/],
  [failed("client error (SendRequest): connection error: Connection reset by peer"), "lost", /broke off/],
  [failed("http2 error: stream error received: refused stream"), "lost", /broke off/],
  [failed("operation timed out"), "lost", /broke off/],
  [new DOMException("The signal has been aborted", "AbortError"), "lost", /broke off/],
  [new TypeError(""), "lost", /broke off/],
  ["client error (Connect)", "lost", /broke off/],
  [undefined, "lost", /broke off/],
];

Deno.test("a request that failed was lost, unless it surely never arrived", async (t) => {
  for (const [error, state, reason] of FAILURES) {
    await t.step(String(error), async () => {
      const reply = await send(() => Promise.reject(error));
      assert.equal(reply.state, state);
      assert.match((reply as { reason: string }).reason, reason);
      assertNoCanary(JSON.stringify(reply), "the reply");
    });
  }
});

Deno.test("nobody is waited for longer than 15 seconds", async (t) => {
  const REASON = "login.test did not answer within 15 seconds";
  const hangs: [what: string, fetch: Fetch][] = [
    ["no answer", () => new Promise(() => {})],
    [
      "half an answer",
      () => Promise.resolve(new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))),
    ],
  ];
  for (const [what, fetch] of hangs) {
    await t.step(what, async () => {
      const clock = new FakeClock();
      let signal: AbortSignal | undefined;
      const sending = send((url, options) => {
        signal = options.signal;
        return fetch(url, options);
      }, clock);
      await clock.advance(14_999);
      assert.equal(await isSettled(sending), false);
      assert.equal(signal?.aborted, false);
      await clock.advance(1);
      assert.deepEqual(await sending, { state: "lost", reason: REASON });
      assert.equal(signal?.aborted, true, "the request goes on");
    });
  }
  await t.step("an answer in time stays", async () => {
    const clock = new FakeClock();
    const sending = send(() => Promise.resolve(Response.json({ a: 1 })), clock);
    const reply = await sending;
    await clock.advance(60_000);
    assert.equal(reply.state, "answered");
    assert.equal(await sending, reply);
  });
});

/** What was sent, by something that answers at once. */
async function sent(work: (fetch: Fetch) => Promise<unknown>) {
  const calls: { url: string; options: FetchOptions; request: Request }[] = [];
  await work((url, options) => {
    const { method, headers, body } = options;
    calls.push({ url, options, request: new Request(url, { method, headers, body: body ?? null }) });
    return Promise.resolve(Response.json({}));
  });
  assert.equal(calls.length, 1);
  return calls[0]!;
}

Deno.test("a form is posted with our name, and redirects are handed back", async () => {
  const { url, options, request } = await sent(send);
  assert.equal(url, URL_);
  assert.deepEqual([options.method, options.redirect], ["POST", "manual"]);
  assert.ok(options.body instanceof ReadableStream, "the runtime may send the body twice");
  assert.deepEqual(Object.fromEntries(request.headers), {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
    "user-agent": "agentgazer/1.2.3",
    "x-request-id": "r1",
  });
  assert.equal(await request.text(), `refresh_token=${CANARY}&a+b=%C3%A4%26%3D%2B`);
});

Deno.test("JSON is posted with our name, and redirects are handed back", async () => {
  const sleep = () => new Promise<void>(() => {});
  const { options, request } = await sent((fetch) =>
    postJson({ system: { fetch, sleep }, userAgent: "agentgazer/1.2.3" }, URL_, { a: ["ä", 1] })
  );
  assert.deepEqual([options.method, options.redirect], ["POST", "manual"]);
  assert.ok(options.body instanceof ReadableStream, "the runtime may send the body twice");
  assert.deepEqual(Object.fromEntries(request.headers), {
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": "agentgazer/1.2.3",
  });
  assert.deepEqual(await request.json(), { a: ["ä", 1] });
});
