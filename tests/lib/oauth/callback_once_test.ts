import fc from "fast-check";
import assert from "node:assert/strict";
import { callbackBox, GOOD, isSettled, REDIRECT, STATE } from "../../support/fake_callback.ts";

/** A callback whose completion waits until it is let go. */
function slowBox() {
  const work = Promise.withResolvers<void>();
  return { ...callbackBox(() => work.promise), finish: work.resolve, fail: work.reject };
}

const SECOND: [what: string, query: string][] = [
  ["the same", GOOD],
  ["another code", `code=ac_2&state=${STATE}`],
  ["an error", `error=access_denied&state=${STATE}`],
  ["no code", `state=${STATE}`],
];

Deno.test("a second callback is a 409, also while the first one is completed", async (t) => {
  for (const [what, query] of SECOND) {
    await t.step(what, async () => {
      const { visit, codes, callback, finish } = slowBox();
      const first = visit(GOOD);
      assert.equal((await visit(query)).status, 409);
      assert.equal(await isSettled(first), false, "the page said something too early");
      finish();
      assert.equal((await first).status, 200);
      assert.equal((await visit(query)).status, 409);
      await callback.outcome;
      assert.deepEqual(codes, ["ac_1"]);
    });
  }
});

Deno.test("a hundred at once complete the login once", async () => {
  const { visit, codes, finish } = slowBox();
  const visits = Array.from({ length: 100 }, (_, i) => visit(`code=ac_${i}&state=${STATE}`));
  finish();
  const statuses = (await Promise.all(visits)).map(({ status }) => status);
  assert.deepEqual(statuses, [200, ...Array(99).fill(409)]);
  assert.deepEqual(codes, ["ac_0"]);
});

Deno.test("after a failed completion nothing is tried again", async () => {
  const { visit, codes, callback, fail } = slowBox();
  const first = visit(GOOD);
  fail(new Error("it broke"));
  assert.equal((await first).status, 400);
  assert.equal((await visit(GOOD)).status, 409);
  await assert.rejects(callback.outcome, /it broke/);
  assert.deepEqual(codes, ["ac_1"]);
});

/** Names and values that mean something, and any others; never the right state. */
const parameter = fc.tuple(
  fc.oneof(fc.constantFrom("code", "state", "error", "iss", "response", "token", "id_token"), fc.string()),
  fc.oneof(
    fc.constantFrom("", "ac_1", "access_denied", STATE.slice(1), `${STATE}=`, "https://auth.openai.com"),
    fc.string({ unit: "binary" }),
    fc.stringMatching(/^[\w-]{43}$/),
  ),
);

Deno.test("10,000 callbacks of others change nothing for the one of this login", async () => {
  const { visit, codes, callback } = callbackBox();
  const queries = fc.sample(fc.array(parameter, { maxLength: 6 }), { numRuns: 10_000, seed: 20_261_101 });
  assert.equal(queries.length, 10_000);
  for (const query of queries) {
    const text = new URLSearchParams(query).toString();
    assert.equal((await visit(text)).status, 400, text);
    callback.paste(`${REDIRECT}?${text}`);
  }
  assert.equal(await isSettled(callback.outcome), false);
  assert.equal((await visit(GOOD)).status, 200);
  assert.deepEqual(codes, ["ac_1"]);
});
