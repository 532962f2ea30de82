import assert from "node:assert/strict";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { type CommandLine, commandLine } from "../../support/command_line.ts";
import { stored } from "../../support/stored.ts";

/** Keeps the key that is stored. */
const ENTER = { stdin: ["\r"], isTerminal: true };

Deno.test("providers set keeps a region with the key, and list shows it", async (t) => {
  const rows: [id: string, region: string, endpoint: string][] = [
    ["moonshot", "global", "https://api.moonshot.ai"],
    ["zhipu", "cn", "https://open.bigmodel.cn"],
    ["minimax", "cn", "https://api.minimaxi.com"],
  ];
  for (const [id, region, endpoint] of rows) {
    await t.step(id, async () => {
      using box = commandLine();
      const set = await box.run(["providers", "set", id, "--region", region], { stdin: ["key-1\n"] });
      assert.deepEqual([set.code, set.out], [0, ""], set.err);
      assert.match(
        set.err,
        new RegExp(`^agentgazer: stored the .* key; it goes to ${RegExp.escape(endpoint)}\n$`),
      );
      assert.deepEqual(await listed(box, id), [region, endpoint]);
      assert.equal(await stored(box.home, "api-key", id), "key-1");
      assert.deepEqual(config(box), { providers: { [id]: { region } } });
    });
  }
  await t.step("also in the table", async () => {
    using box = commandLine();
    await box.run(["providers", "set", "moonshot", "--region", "global"], { stdin: ["k"] });
    const { out } = await box.run(["providers", "list"]);
    assert.match(out, /^moonshot\t.*\thttps:\/\/api\.moonshot\.ai\tglobal\t/);
  });
});

Deno.test("providers set keeps the region when the key is set again, and the key when the region is", async (t) => {
  using box = commandLine();
  const set = (words: string, options = {}) =>
    box.run(["providers", "set", "moonshot", ...words.split(" ")], options);
  await set("one --region global");
  await t.step("a new key", async () => {
    await set("two");
    assert.deepEqual(await listed(box, "moonshot"), ["global", "https://api.moonshot.ai"]);
    assert.equal(await stored(box.home, "api-key", "moonshot"), "two");
  });
  for (
    const [what, options] of [
      ["no stdin", {}],
      ["an empty stdin", { stdin: [""] }],
      ["an empty line", { stdin: ["\n"] }],
    ] as const
  ) {
    await t.step(`${what} with --region is an error, and changes nothing`, async () => {
      const before = Deno.readTextFileSync(`${box.home}/config.json`);
      for (const region of ["cn", "global"]) {
        const { code, out, err } = await set(`--region ${region}`, options);
        assert.deepEqual([code, out], [2, ""], err);
        assert.match(
          err,
          /^agentgazer: error: Cannot store the Moonshot \(Kimi\) key: (it|stdin) is empty\n/,
        );
        assert.equal(Deno.readTextFileSync(`${box.home}/config.json`), before);
        assert.deepEqual(await listed(box, "moonshot"), ["global", "https://api.moonshot.ai"]);
        assert.equal(await stored(box.home, "api-key", "moonshot"), "two");
      }
    });
  }
  for (const key of ["\r", "\n"]) {
    await t.step(`Enter as ${JSON.stringify(key)} with --region`, async () => {
      const options = { stdin: [key], isTerminal: true };
      for (const region of ["cn", "global"]) {
        const { code, err } = await set(`--region ${region}`, options);
        assert.equal(code, 0, err);
        const base = region === "cn" ? "api\\.moonshot\\.cn" : "api\\.moonshot\\.ai";
        assert.match(
          err,
          new RegExp(`\nagentgazer: kept the Moonshot \\(Kimi\\) key; it goes to https://${base}\n$`),
        );
        assert.equal((await listed(box, "moonshot"))[0], region);
        assert.equal(await stored(box.home, "api-key", "moonshot"), "two");
      }
    });
  }
  await t.step("removing the key keeps the region for the next", async () => {
    await box.run(["providers", "remove", "moonshot", "--yes"]);
    await set("three");
    assert.equal((await listed(box, "moonshot"))[0], "global");
  });
});

Deno.test("providers set refuses a region or a key, and then keeps neither", async (t) => {
  const rows: [args: string, stdin: string, says: RegExp][] = [
    ["moonshot --region eu", "k", /hint: agentgazer providers set moonshot --region cn$/m],
    ["moonshot --region GLOBAL", "k", /hint: agentgazer providers set moonshot --region cn$/m],
    [
      `moonshot --region ${CANARY}`,
      "k",
      /Cannot use that region for Moonshot \(Kimi\): its regions are cn, global$/m,
    ],
    ["moonshot --region __proto__", "k", /its regions are cn, global$/m],
    ["openai --region global", "k", /for OpenAI: it has no regions$/m],
    ["zhipu-coding-plan --region cn", "k", /is stored by a login$/m],
    [`${CANARY} --region cn`, "k", /Cannot find a provider/],
    ["moonshot --region", "k", /needs a value$/m],
    ["moonshot --region global", "", /the Moonshot \(Kimi\) key: stdin is empty$/m],
    ["moonshot --region global", "\n", /it is empty$/m],
    ["moonshot --region global", `${CANARY} x`, /white space/],
    ["moonshot --region global", `sk-ant-${CANARY}`, /looks like a key of Anthropic$/m],
  ];
  for (const [args, stdin, says] of rows) {
    await t.step(`${args} < ${JSON.stringify(stdin)}`, async () => {
      using box = commandLine();
      const { code, out, err } = await box.run(["providers", "set", ...args.split(" ")], { stdin: [stdin] });
      assert.ok([2, 6].includes(code), err);
      assert.match(err, says);
      assertNoCanary(out + err, "the output");
      assert.throws(() => config(box), Deno.errors.NotFound);
      assert.throws(() => Deno.lstatSync(`${box.home}/vault.json`), Deno.errors.NotFound);
    });
  }
});

Deno.test("providers set leaves the region as it was when the vault can't be written", async (t) => {
  for (const before of [undefined, "cn", "global"]) {
    await t.step(`${before}`, async () => {
      using box = commandLine();
      const chosen = before === undefined ? [] : ["--region", before];
      await box.run(["providers", "set", "moonshot", "one", ...chosen]);
      const was = await listed(box, "moonshot");
      // In the way of the new vault file, and nobody removes it.
      Deno.mkdirSync(`${box.home}/vault.json.new/full`, { recursive: true });
      for (const region of ["cn", "global"]) {
        const { code, out, err } = await box.run(["providers", "set", "moonshot", "two", "--region", region]);
        assert.deepEqual([code, out], [5, ""], err);
        assert.match(err, /^agentgazer: error: Cannot write \S+vault\.json: /);
        assert.deepEqual(await listed(box, "moonshot"), was);
        assert.equal(await stored(box.home, "api-key", "moonshot"), "one");
      }
    });
  }
});

Deno.test("providers list and start refuse a region that makes no sense, and touch nothing", async (t) => {
  for (const region of [`"${CANARY}"`, "5", "null", '["global"]', "{}"]) {
    await t.step(region, async () => {
      using box = commandLine();
      await box.run(["providers", "set", "moonshot", "k", "--region", "cn"]);
      const text = `{"providers":{"moonshot":{"region":${region}}}}`;
      Deno.writeTextFileSync(`${box.home}/config.json`, text);
      for (const args of ["providers list", "providers list --json", "start", "start --port 0"]) {
        const { code, out, err } = await box.run(args.split(" "), {
          onServe: () => assert.fail("it must not listen"),
        });
        assert.deepEqual([code, out], [2, ""], err);
        assert.match(
          err,
          /config\.json names for Moonshot \(Kimi\): its regions are cn, global.*set moonshot --region cn/s,
        );
        assertNoCanary(err, "the message");
      }
      assert.equal(Deno.readTextFileSync(`${box.home}/config.json`), text);
      const mended = await box.run(["providers", "set", "moonshot", "--region", "global"], ENTER);
      assert.equal(mended.code, 0, `it can be mended with the command: ${mended.err}`);
      assert.deepEqual(await listed(box, "moonshot"), ["global", "https://api.moonshot.ai"]);
    });
  }
});

Deno.test("providers set does not lose a bare key in config.json when it sets a region", async () => {
  using box = commandLine();
  await box.run(["providers", "set", "moonshot", "mine"]);
  Deno.writeTextFileSync(`${box.home}/config.json`, '{"providers":{"moonshot":"other"}}');
  const { code, err } = await box.run(["providers", "set", "moonshot", "--region", "global"], ENTER);
  assert.equal(code, 0, err);
  assert.match(err, /config\.json still holds a plaintext key for moonshot: the vault has another one\n/);
  assert.deepEqual(config(box), { providers: { moonshot: { apiKey: "other", region: "global" } } });
  assert.equal(await stored(box.home, "api-key", "moonshot"), "mine");
});

function config({ home }: CommandLine): unknown {
  return JSON.parse(Deno.readTextFileSync(`${home}/config.json`));
}

async function listed(box: CommandLine, id: string): Promise<[region: string | null, endpoint: string]> {
  const { out } = await box.run(["providers", "list", "--json"]);
  const row = JSON.parse(out).find((one: { id: string }) => one.id === id);
  return [row.region, row.endpoint];
}
