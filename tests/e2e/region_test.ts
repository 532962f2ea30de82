import assert from "node:assert/strict";
import { join } from "node:path";
import { testWith } from "../support/needs.ts";
import { canaryKey, type Scene, startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

const REGIONS: [id: string, region: string, host: string][] = [
  ["moonshot", "global", "api.moonshot.ai"],
  ["moonshot", "cn", "api.moonshot.cn"],
  ["zhipu", "cn", "open.bigmodel.cn"],
  ["zhipu", "global", "api.z.ai"],
  ["minimax", "global", "api.minimax.io"],
  ["minimax", "cn", "api.minimaxi.com"],
];

testWith(NEEDS, "providers set --region takes effect at the next request of a running proxy", async (t) => {
  await using scene = await startScene(["moonshot", "zhipu", "minimax"]);
  for (
    const [id, host] of [["moonshot", "api.moonshot.cn"], ["zhipu", "api.z.ai"], [
      "minimax",
      "api.minimax.chat",
    ]]
  ) {
    await t.step(`${id} without a region`, async () => assert.equal(await hostOf(scene, id!), host));
  }
  for (const [id, region, host] of REGIONS) {
    await t.step(`${id} ${region}`, async () => {
      const { code, stderr } = await scene.box.run(["providers", "set", id, "--region", region], {
        stdin: canaryKey(id),
      });
      assert.equal(code, 0, stderr);
      assert.match(stderr, new RegExp(`stored the .* key; it goes to https://${host}\n$`));
      assert.equal(await hostOf(scene, id), host);
    });
  }
  await t.step("a new key keeps the region", async () => {
    const stdin = canaryKey("moonshot");
    await scene.box.run(["providers", "set", "moonshot", "--region", "global"], { stdin });
    await scene.box.run(["providers", "set", "moonshot"], { stdin: canaryKey("moonshot") });
    assert.equal(await hostOf(scene, "moonshot"), "api.moonshot.ai");
  });
});

testWith(NEEDS, "a region that makes no sense sends nothing anywhere, and others are served", async (t) => {
  await using scene = await startScene(["moonshot", "openai"]);
  const config = join(scene.box.home, "config.json");
  const rows: [what: string, text: string][] = [
    ["an unknown region", '{"providers":{"moonshot":{"region":"evil.test"}}}'],
    ["a URL", '{"providers":{"moonshot":{"region":"https://evil.test"}}}'],
    ["a name that objects have", '{"providers":{"moonshot":{"region":"__proto__"}}}'],
    ["a number", '{"providers":{"moonshot":{"region":1}}}'],
    ["a broken file", '{"providers":{"moonshot":'],
  ];
  for (const [what, text] of rows) {
    await t.step(what, async () => {
      await Deno.writeTextFile(config, text);
      const answer = await scene.call("/moonshot/v1/models");
      assert.ok(answer.status >= 500, `${answer.status}`);
      await answer.body?.cancel();
      assert.equal(scene.providers.received.length, 0);
      assert.doesNotMatch(scene.proxy.log(), /bug/);
      if (what !== "a broken file") assert.equal(await hostOf(scene, "openai"), "api.openai.com");
    });
  }
  await t.step("until it is mended", async () => {
    await Deno.writeTextFile(config, '{"providers":{"moonshot":{"region":"global"}}}');
    assert.equal(await hostOf(scene, "moonshot"), "api.moonshot.ai");
  });
});

/** The host that the next request arrives at, with that provider's key. */
async function hostOf({ call, providers }: Scene, id: string): Promise<string> {
  const answer = await call(`/${id}/v1/models`);
  await answer.body?.cancel();
  const { host, headers } = providers.takeOne();
  assert.equal(headers.get("authorization"), `Bearer ${canaryKey(id)}`);
  return host;
}
