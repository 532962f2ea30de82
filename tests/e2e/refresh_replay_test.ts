import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { callsTo, noise } from "../support/vendors/calls.ts";
import { errorBody, fails, type Fault, first, replies } from "../support/vendors/faults.ts";
import { startLoginProxy } from "../support/vendors/login_proxy.ts";
import { startLoginScene } from "../support/vendors/login_scene.ts";
import { seed, type Seen, seen } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const ID = "openai-oauth";
const HOST = "chatgpt.com";
const MIB = 1 << 20;

/** The most that is kept of a body. */
const KEPT = 4 * MIB;

const BODIES: [what: string, body: Uint8Array<ArrayBuffer> | null, inParts: boolean][] = [
  ["no body", null, false],
  ["an empty body", new Uint8Array(), false],
  ["one byte", new Uint8Array([0]), false],
  ["bytes that are no text", new Uint8Array(1000).map((_, i) => i), false],
  ["1 MiB", noise(MIB), false],
  ["as much as is kept", noise(KEPT), false],
  ["as much as is kept, in parts", noise(KEPT), true],
];

/** The same bytes in uneven parts. */
function parts(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const sizes = [1, 7, 65_535, 65_536, 1_000_003];
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const size = sizes[at % sizes.length]!;
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at + size));
      else controller.close();
      at += size;
    },
  });
}

testWith(
  NEEDS,
  "a call that is answered with 401 is sent once more, byte for byte, with a new token",
  async (t) => {
    await using scene = await startLoginScene();
    const { box, codex } = scene;
    await using proxy = await startLoginProxy(scene);
    for (const [what, body, inParts] of BODIES) {
      await t.step(what, async () => {
        const before = await seed(scene, ID);
        codex.invalidateAccessTokens();
        const { refresh } = codex.counts;
        const sent = { body: inParts ? parts(body!) : body, headers: { "x-note": "kept", "accept": "a/b" } };
        const [status, text] = await proxy.text(ID, sent);
        assert.equal(status, 200);
        assert.match(text, /^event: response\.created\n[^]*completed/);
        assert.doesNotMatch(text, /token_/);
        assert.equal(codex.counts.refresh, refresh + 1);
        const calls = callsTo(HOST, scene);
        const { access } = (await seen(box, ID))!;
        const tokens = calls.map(({ headers }) => headers.get("authorization"));
        assert.deepEqual(tokens, [`Bearer ${before.access}`, `Bearer ${access}`]);
        for (const call of calls) assert.deepEqual(call.body, body ?? new Uint8Array());
        const [one, other] = calls.map(({ method, target, headers }) => {
          const { authorization: _, ...rest } = Object.fromEntries(headers);
          return { method, target, rest };
        });
        assert.deepEqual(one, other);
      });
    }
    await t.step("a token that another process replaced meanwhile needs no refresh", async () => {
      await seed(scene, ID);
      let newer: Seen | undefined;
      codex.traps.responses = first(1, async () => {
        newer = await seed(scene, ID);
        return Response.json(errorBody("token_expired"), { status: 401 });
      });
      const { refresh } = codex.counts;
      assert.equal((await proxy.text(ID))[0], 200);
      assert.equal(codex.counts.refresh, refresh);
      assert.equal(callsTo(HOST, scene).at(-1)!.headers.get("authorization"), `Bearer ${newer!.access}`);
      assert.equal((await seen(box, ID))!.access, newer!.access);
    });
    await t.step("20 calls of one proxy at the same moment need one refresh", async () => {
      await seed(scene, ID);
      const { refresh } = codex.counts;
      const all = Promise.withResolvers<void>();
      let waiting = 0;
      // None is answered before all have arrived.
      codex.traps.responses = first(20, async () => {
        if (++waiting === 20) all.resolve();
        await all.promise;
        return Response.json(errorBody("token_expired"), { status: 401 });
      });
      const answers = await Promise.all(Array.from({ length: 20 }, () => proxy.text(ID)));
      assert.deepEqual(answers.map(([status]) => status), Array(20).fill(200));
      assert.equal(codex.counts.refresh, refresh + 1);
      assert.equal(callsTo(HOST, scene).length, 40);
    });
  },
);

/** Answers that are handed on: how often the provider is called, and how many refreshes there are. */
const RELAYED: [what: string, api: Fault, refresh: Fault | undefined, calls: number, refreshes: number][] = [
  ["a second 401", fails(401, "token_expired"), undefined, 2, 1],
  ["403", fails(403, "forbidden"), undefined, 1, 0],
  ["429", fails(429, "usage_limit_reached"), undefined, 1, 0],
  ["500", fails(500, "token_expired"), undefined, 1, 0],
  ["400 that says 401", replies(400, { status: 401, code: "token_expired" }), undefined, 1, 0],
  ["a redirect", replies(307, undefined, { location: "https://chatgpt.com/backend-api/x" }), undefined, 1, 0],
  ["401 while a refresh fails", fails(401, "token_expired"), replies(503), 1, 1],
];

testWith(NEEDS, "every other answer is handed on as it is, and so is a second 401", async (t) => {
  await using scene = await startLoginScene();
  const { codex } = scene;
  await using proxy = await startLoginProxy(scene);
  for (const [what, api, refresh, calls, refreshes] of RELAYED) {
    await t.step(what, async () => {
      await seed(scene, ID);
      callsTo(HOST, scene);
      let count = 0;
      codex.traps.responses = async (answer) => {
        const response = await api(answer);
        response.headers.set("x-count", String(++count));
        return response;
      };
      if (refresh === undefined) delete codex.traps.refresh;
      else codex.traps.refresh = refresh;
      const before = codex.counts.refresh;
      const answer = await proxy.ask(ID);
      const expected = await api(() => Promise.resolve(new Response()));
      assert.equal(answer.status, expected.status);
      assert.equal(await answer.text(), await expected.text());
      assert.equal(answer.headers.get("x-count"), String(calls));
      assert.equal(answer.headers.get("location"), expected.headers.get("location"));
      assert.equal(callsTo(HOST, scene).length, calls);
      assert.equal(codex.counts.refresh, before + refreshes);
    });
  }
  await t.step("a 401 that a new token does not help against costs no further refresh", async () => {
    delete codex.traps.refresh;
    await seed(scene, ID);
    codex.traps.responses = fails(401, "token_expired");
    const { refresh } = codex.counts;
    for (let i = 0; i < 4; i++) assert.equal((await proxy.text(ID))[0], 401);
    assert.equal(codex.counts.refresh, refresh + 1);
    assert.equal(callsTo(HOST, scene).length, 5);
  });
  await t.step("a 401 to a login that is over says so", async () => {
    await seed(scene, ID);
    codex.traps.refresh = fails(400, "invalid_grant");
    const { refresh } = codex.counts;
    for (let i = 0; i < 3; i++) assert.match((await proxy.text(ID))[1], /login_required/);
    assert.equal(codex.counts.refresh, refresh + 1);
  });
});
