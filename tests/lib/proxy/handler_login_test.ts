import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { bearer, credentialOf, rawRequest } from "../../support/proxy_box.ts";
import { makeRenewingBox, NEW, refuses, type RenewingBox } from "../../support/renewing_box.ts";

const CODEX = "openai-oauth";
const TARGET = "/openai-oauth/v1/responses";
const MIB = 1 << 20;

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Posts as a client of the box does. */
function post(box: RenewingBox, target: string, body: Body | null, signal?: AbortSignal): Promise<Response> {
  const headers = { ...bearer("any"), "content-type": "application/json" };
  return box.handle(rawRequest(target, { method: "POST", headers, body, ...signal && { signal } }));
}

function tokensOf({ got }: RenewingBox): (string | null)[] {
  return got.map(({ headers }) => headers.get("authorization"));
}

const OLD_AND_NEW = [`Bearer ${credentialOf(CODEX)}`, `Bearer ${NEW}`];

const BODIES: [what: string, body: Uint8Array<ArrayBuffer> | null][] = [
  ["no body", null],
  ["an empty body", new Uint8Array()],
  ["a body of text", new TextEncoder().encode('{"input":"grüße"}')],
  ["a body of every byte", Uint8Array.from({ length: 256 }, (_, byte) => byte)],
  ["a body of 4 MiB", new Uint8Array(4 * MIB).map((_, i) => i % 251)],
];

Deno.test("makeHandler() has a refused token renewed, and sends the same once more", async (t) => {
  for (const [what, bytes] of BODIES) {
    await t.step(what, async () => {
      using box = await makeRenewingBox({ replies: [refuses(), Response.json({ ok: true })] });
      const answer = await post(box, `${TARGET}?a=1&b=%20`, bytes && new Blob([bytes]).stream());
      assert.deepEqual([answer.status, await answer.json()], [200, { ok: true }]);
      const [first, second, ...more] = box.got;
      assert.deepEqual([more, tokensOf(box)], [[], OLD_AND_NEW]);
      assert.deepEqual([first!.body, second!.body], [bytes, bytes]);
      for (const { headers } of box.got) headers.delete("authorization");
      assert.deepEqual([second!.url, second!.method], [first!.url, first!.method]);
      assert.deepEqual([...second!.headers], [...first!.headers]);
      assert.deepEqual(box.asked.filter((ask) => ask.startsWith("replace")), [
        `replace ${CODEX} ${credentialOf(CODEX)}`,
      ]);
      assert.deepEqual(box.lines.map(({ status, error }) => [status, error]), [[200, undefined]]);
    });
  }
});

Deno.test("makeHandler() sends what was made for one account with no other's login", async () => {
  using box = await makeRenewingBox({
    replies: [refuses(), Response.json({})],
    async replace(box) {
      await box.store(CODEX, NEW, "acc-new");
      return true;
    },
  });
  await box.store(CODEX, "old", "acc-old");
  assert.equal((await post(box, TARGET, null)).status, 401);
  assert.equal((await post(box, TARGET, null)).status, 200);
  assert.deepEqual(box.got.map(({ headers }) => headers.get("chatgpt-account-id")), ["acc-old", "acc-new"]);
});

Deno.test("makeHandler() sends no request a third time, and passes the second refusal on", async () => {
  using box = await makeRenewingBox({ replies: [refuses("first"), refuses("second")] });
  const answer = await post(box, TARGET, null);
  assert.deepEqual([answer.status, await answer.json()], [401, { error: "second" }]);
  assert.deepEqual(tokensOf(box), OLD_AND_NEW);
  assert.equal(box.lines.length, 1);
});

Deno.test("makeHandler() passes the refusal on when there is no other token", async () => {
  using box = await makeRenewingBox({ replies: [refuses()], replace: () => Promise.resolve(false) });
  const answer = await post(box, TARGET, new Blob(["x"]).stream());
  assert.deepEqual([answer.status, await answer.json()], [401, { error: "from the provider" }]);
  assert.equal(answer.headers.get("x-words"), "from the provider");
  assert.equal(box.got.length, 1);
  assert.deepEqual(box.lines.map(({ status, error }) => [status, error]), [[401, undefined]]);
});

Deno.test("makeHandler() renews, but passes the refusal on, when the body can't be sent again", async (t) => {
  const endless = (): Body => new ReadableStream({ start: (to) => to.enqueue(Uint8Array.of(1)) });
  const rows: [what: string, body: Body, reads: boolean][] = [
    ["the body was still on its way", endless(), false],
    ["the body was not read", new Blob(["x".repeat(3 * MIB)]).stream(), false],
    ["the body is longer than 4 MiB", new Blob([new Uint8Array(4 * MIB + 1)]).stream(), true],
  ];
  for (const [what, body, reads] of rows) {
    await t.step(what, async () => {
      using box = await makeRenewingBox({ replies: [refuses(), Response.json({})], reads });
      const answer = await post(box, TARGET, body);
      assert.deepEqual([answer.status, await answer.json()], [401, { error: "from the provider" }]);
      assert.equal(box.got.length, 1);
      assert.equal((await post(box, TARGET, null)).status, 200);
      assert.deepEqual(tokensOf(box), OLD_AND_NEW);
    });
  }
});

Deno.test("makeHandler() renews nothing at other answers", async (t) => {
  for (const status of [200, 301, 400, 402, 403, 404, 407, 418, 429, 500, 503]) {
    await t.step(`${status}`, async () => {
      using box = await makeRenewingBox({ replies: [new Response("as it is", { status })] });
      const answer = await post(box, TARGET, new Blob(["x"]).stream());
      assert.deepEqual([answer.status, await answer.text()], [status, "as it is"]);
      assert.deepEqual(box.asked, [`ensure ${CODEX}`]);
    });
  }
});

Deno.test("makeHandler() sends once to whoever takes a key, whatever it answers", async (t) => {
  for (const { id, auth } of PROVIDERS.filter((provider) => provider.auth !== "oauth")) {
    await t.step(id, async () => {
      using box = await makeRenewingBox({ replies: [refuses()] });
      const answer = await post(box, `/${id}/${id === "zhipu-coding-plan" ? "" : "v1/"}x`, null);
      assert.deepEqual([answer.status, await answer.json()], [401, { error: "from the provider" }]);
      assert.deepEqual(box.asked, auth === "api-key" ? [] : [`ensure ${id}`]);
    });
  }
});

Deno.test("makeHandler() renews the login that was used, also for x-target-url", async (t) => {
  const targets = ["https://api.minimax.io/anthropic/v1/messages", "https://chatgpt.com/backend-api/codex/x"];
  for (const target of targets) {
    await t.step(target, async () => {
      const id = target.includes("minimax") ? "minimax-oauth" : CODEX;
      using box = await makeRenewingBox({ stored: [id], replies: [refuses(), Response.json({})] });
      const headers = { ...bearer("any"), "x-target-url": target };
      assert.equal((await box.handle(rawRequest("/", { headers }))).status, 200);
      assert.deepEqual(tokensOf(box), [`Bearer ${credentialOf(id)}`, `Bearer ${NEW}`]);
      assert.deepEqual(box.got.map(({ url }) => url), [target, target]);
    });
  }
});
