import assert from "node:assert/strict";
import { PROVIDERS } from "../../lib/providers/table.ts";
import { makeCertificates } from "../support/certificates.ts";
import { hostsAsked, makeScene, testCredentials } from "../support/check_scene.ts";
import { testWith } from "../support/needs.ts";
import { canaryKey } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** Written out, not computed: what each provider must see. */
const CALLS: Readonly<Record<string, readonly [call: string, header: string]>> = {
  openai: ["GET api.openai.com/v1/models", "authorization"],
  anthropic: ["GET api.anthropic.com/v1/models", "x-api-key"],
  google: ["GET generativelanguage.googleapis.com/v1beta/models?pageSize=1", "x-goog-api-key"],
  mistral: ["GET api.mistral.ai/v1/models", "authorization"],
  cohere: ["POST api.cohere.com/v1/check-api-key", "authorization"],
  deepseek: ["GET api.deepseek.com/models", "authorization"],
  moonshot: ["GET api.moonshot.cn/v1/models", "authorization"],
  zhipu: ["GET api.z.ai/api/paas/v4/models", "authorization"],
  minimax: ["GET api.minimax.chat/v1/models", "authorization"],
  baichuan: ["GET api.baichuan-ai.com/v1/models", "authorization"],
  yi: ["GET api.lingyiwanwu.com/v1/models", "authorization"],
};

testWith(NEEDS, "providers test asks every provider for its own key, once, without a body", async (t) => {
  const ids = Object.keys(CALLS);
  assert.deepEqual(PROVIDERS.filter(({ auth }) => auth === "api-key").map(({ id }) => id), ids);
  await using scene = await makeScene(ids);
  const { providers, box } = scene;
  providers.answer = () => Response.json({ valid: true });
  await t.step("all valid", async () => {
    const { code, rows } = await testCredentials(box);
    assert.equal(code, 0);
    assert.deepEqual(rows, ids.map((id) => ({ id, result: "valid" })));
    const seen = providers.received.splice(0);
    const key = (id: string) => CALLS[id]![1] === "authorization" ? `Bearer ${canaryKey(id)}` : canaryKey(id);
    for (const id of ids) {
      const [call, header] = CALLS[id]!;
      const [one, ...others] = seen.filter(({ method, host, target }) =>
        `${method} ${host}${target}` === call
      );
      assert.ok(one !== undefined && others.length === 0, call);
      assert.equal(one.headers.get(header), key(id));
      assert.equal(one.body.length, 0);
      const keys = [...one.headers.values()].filter((value) => value.includes("q7Zx2Wv9"));
      assert.equal(keys.length, 1, id);
      assert.equal(one.headers.get("anthropic-version"), id === "anthropic" ? "2023-06-01" : null);
    }
    assert.equal(seen.length, ids.length);
  });
  await t.step("one rejected", async () => {
    providers.answer = ({ url }) =>
      Response.json({ valid: true, echo: canaryKey("yi") }, { status: url.includes("mistral") ? 401 : 200 });
    const { code, rows, error } = await testCredentials(box);
    assert.equal(code, 3);
    assert.equal(error.message, "1 of 11 credentials is not accepted");
    const bad = (rows as { result: string }[]).filter(({ result }) => result !== "valid");
    assert.deepEqual(bad, [
      { id: "mistral", result: "rejected", detail: "store another one: agentgazer providers set mistral" },
    ]);
  });
  await t.step("a page of something in between", async () => {
    providers.answer = () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
    const { code, rows } = await testCredentials(box);
    assert.equal(code, 7);
    assert.deepEqual(
      new Set((rows as { result: string }[]).map(({ result }) => result)),
      new Set(["unknown"]),
    );
  });
});

testWith(NEEDS, "providers test follows no redirect", async (t) => {
  await using scene = await makeScene(["anthropic", "cohere"], ["target.test"]);
  const { providers, box } = scene;
  for (const location of ["https://target.test/", "https://api.openai.com/v1/models", "/elsewhere"]) {
    for (const status of [301, 302, 303, 307, 308]) {
      await t.step(`${status} to ${location}`, async () => {
        providers.answer = () => new Response(null, { status, headers: { location } });
        const { code, rows } = await testCredentials(box);
        assert.equal(code, 7);
        const results = (rows as { result: string; detail: string }[]).map((row) => row.result);
        assert.deepEqual(results, ["unknown", "unknown"]);
        assert.deepEqual(providers.received.map(({ target }) => target).sort(), [
          "/v1/check-api-key",
          "/v1/models",
        ]);
        assert.deepEqual(hostsAsked(providers).sort(), ["api.anthropic.com", "api.cohere.com"]);
      });
    }
  }
});

testWith(NEEDS, "providers test sends nothing to whom the certificate does not fit", async () => {
  await using scene = await makeScene(["openai"]);
  const other = await Deno.makeTempDir({ dir: scene.folder });
  const { authority } = await makeCertificates(other, ["other.test"]);
  const { code, rows } = await testCredentials(scene.box, { DENO_CERT: authority });
  assert.equal(code, 7);
  const [{ result, detail }] = rows as [{ result: string; detail: string }];
  assert.equal(result, "unreachable");
  assert.match(
    detail,
    /^api\.openai\.com could not be reached: its certificate is not from an authority that is trusted here$/,
  );
  assert.deepEqual(scene.providers.received, []);
});

testWith(NEEDS, "providers test finds the region of a key, and its command mends it", async (t) => {
  const rows = [
    ["moonshot", "api.moonshot.ai", ["api.moonshot.cn", "api.moonshot.ai"], "global"],
    ["zhipu", "open.bigmodel.cn", ["api.z.ai", "open.bigmodel.cn"], "cn"],
    ["minimax", "api.minimaxi.com", ["api.minimax.chat", "api.minimax.io", "api.minimaxi.com"], "cn"],
    ["minimax", "api.minimax.io", ["api.minimax.chat", "api.minimax.io", "api.minimaxi.com"], "global"],
  ] as const;
  for (const [id, home, asked, region] of rows) {
    await t.step(`${id} ${region}`, async () => {
      await using scene = await makeScene([id]);
      const { providers, box } = scene;
      providers.answer = ({ url }) =>
        Response.json({}, { status: new URL(url).hostname === home ? 200 : 401 });
      const { code, rows } = await testCredentials(box);
      assert.equal(code, 3);
      const command = ["providers", "set", id, "--region", region];
      const detail = `it belongs to the region ${region}: agentgazer ${command.join(" ")}`;
      assert.deepEqual(rows, [{ id, result: "rejected", detail }]);
      assert.deepEqual(hostsAsked(providers).sort(), asked.toSorted());
      assert.equal((await box.run(command, { stdin: canaryKey(id) })).code, 0);
      assert.equal((await testCredentials(box)).code, 0);
      assert.deepEqual(hostsAsked(providers), [home]);
    });
  }
});
