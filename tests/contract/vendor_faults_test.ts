import assert from "node:assert/strict";
import { login, refresh } from "../support/vendors/asking.ts";
import { makeCodex } from "../support/vendors/codex.ts";
import { parseForm } from "../support/vendors/fields.ts";
import * as faults from "../support/vendors/faults.ts";

const MOVED = "https://evil.test/token";
/** What a refresh answers behind a fault. */
const TRAPS: [name: string, fault: faults.Fault, status: number, shows: RegExp][] = [
  ["a status", faults.replies(503), 503, /^""$/],
  ["a nested code", faults.fails(400, "invalid_grant"), 400, /^\{"error":\{"code":"invalid_grant"/],
  ["a flat code", faults.fails(400, "invalid_grant", "flat"), 400, /^\{"error":"invalid_grant","error_desc/],
  ["a bare code", faults.fails(401, "no", "bare"), 401, /^\{"code":"no"\}$/],
  ["a page", faults.blocked, 403, /<html>/],
  ["another host", faults.movesTo(MOVED), 307, /^""$/],
  ["a missing field", faults.without("access_token"), 200, /^\{"id_token":"[^"]+","refresh_token"/],
  ["a changed field", faults.changes({ token_type: "mac" }), 200, /"token_type":"mac"/],
  ["a changed body", faults.changes(() => ({})), 200, /^\{\}$/],
  ["the next requests only", faults.first(0, faults.replies(500)), 200, /"access_token"/],
  ["tokens only", faults.onTokens(faults.without("id_token")), 200, /^\{"access_token"/],
];

Deno.test("each fault fires", async (t) => {
  for (const [name, fault, status, shows] of TRAPS) {
    await t.step(name, async () => {
      const codex = makeCodex();
      const { refresh_token } = await login(codex);
      codex.traps.refresh = fault;
      const reply = await refresh(codex, refresh_token);
      assert.equal(reply.status, status);
      assert.match(JSON.stringify(reply.json), shows);
      if (status === 307) assert.equal(reply.headers.get("location"), MOVED);
      delete codex.traps.refresh;
      const isSpent = status === 200;
      assert.equal((await refresh(codex, refresh_token)).status, isSpent ? 401 : 200);
      assert.equal(codex.counts.refresh, 2);
    });
  }
});

Deno.test("a hang ends when it is released, and a cut breaks the connection behind the work", async () => {
  for (const when of ["before", "after"] as const) {
    const codex = makeCodex();
    const { refresh_token } = await login(codex);
    const hang = faults.makeHang(when);
    codex.traps.refresh = hang.fault;
    const hanging = refresh(codex, refresh_token);
    await hang.arrived;
    delete codex.traps.refresh;
    const other = await refresh(codex, refresh_token);
    hang.release();
    assert.deepEqual([other.status, (await hanging).status], when === "after" ? [401, 200] : [200, 401]);
  }
  const body = { access_token: "x".repeat(1000) };
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => faults.cuts(() => Promise.resolve(Response.json(body))),
  );
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/`);
  assert.equal(response.headers.get("content-length"), String(JSON.stringify(body).length));
  await assert.rejects(response.text());
});

Deno.test("a form is read strictly", () => {
  assert.deepEqual([...parseForm("a=1%20+&b=")!], [["a", "1  "], ["b", ""]]);
  for (const text of ["", "a", "a=1&", "a=1&a=1", "a=%2", "a=1=2", "=1"]) {
    assert.equal(parseForm(text), undefined, text);
  }
});
