import assert from "node:assert/strict";
import { BytesBody } from "../../../lib/http/body.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import type { Answer } from "../../../lib/http/message.ts";
import { relay } from "../../../lib/proxy/relay.ts";

/** An answer with a body that tells whether it was given up. */
function answerWith(status: number) {
  const body = Object.assign(new BytesBody(Uint8Array.of(1)), { isCancelled: false });
  body.cancel = () => void (body.isCancelled = true);
  const headers = new FieldList(["location", "retry-after"], ["https://evil.test/", "3"]);
  const answer: Answer = { status, reason: "Odd", headers, body };
  return { answer, body };
}

Deno.test("relay() refuses a status that HTTP does not have, and ends the call", async (t) => {
  for (const status of [100, 101, 199, 600, 999]) {
    await t.step(String(status), () => {
      const { answer, body } = answerWith(status);
      assert.throws(() => relay(answer), { code: "upstream_failed" });
      assert.ok(body.isCancelled);
    });
  }
});

Deno.test("relay() keeps the status, also of redirects and errors, and follows nothing", async (t) => {
  for (
    const status of [200, 201, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 404, 429, 500, 529, 599]
  ) {
    await t.step(String(status), () => {
      const { answer, body } = answerWith(status);
      const relayed = relay(answer);
      assert.deepEqual([relayed.status, relayed.reason, relayed.body], [status, "Odd", body]);
      assert.deepEqual([...relayed.headers], [["location", "https://evil.test/"], ["retry-after", "3"]]);
      assert.equal(body.isCancelled, false);
    });
  }
});

Deno.test("relay() passes on answers without a body", () => {
  const headers = new FieldList(["etag", "content-length"], ['"x"', "7"]);
  const answer = relay({ status: 304, reason: "", headers, body: null });
  assert.deepEqual([answer.status, answer.body], [304, null]);
  assert.deepEqual([...answer.headers], [["etag", '"x"'], ["content-length", "7"]]);
});
