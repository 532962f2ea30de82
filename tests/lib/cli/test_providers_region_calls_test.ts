import assert from "node:assert/strict";
import { commandLine } from "../../support/command_line.ts";
import { homeOf } from "../../support/command_vault.ts";
import { fakeUpstream } from "../../support/fake_upstream.ts";

/** Accepts the key at these hosts only. */
function acceptedAt(...hosts: string[]) {
  return fakeUpstream(({ url }) => new Response("{}", { status: hosts.includes(url.hostname) ? 200 : 401 }));
}

/** A home with the same key for each provider. */
async function withKeys(...ids: string[]) {
  const line = commandLine();
  for (const id of ids) await line.run(["providers", "set", id], { stdin: ["key"] });
  return line;
}

Deno.test("providers test gives a command that makes the key valid", async (t) => {
  const rows = [
    ["moonshot", "api.moonshot.ai"],
    ["zhipu", "open.bigmodel.cn"],
    ["minimax", "api.minimax.io"],
    ["minimax", "api.minimaxi.com"],
  ] as const;
  for (const [id, host] of rows) {
    await t.step(`${id} at ${host}`, async () => {
      using line = await withKeys(id);
      const { upstream } = acceptedAt(host);
      const { out, err } = await line.run(["providers", "test"], { upstream });
      const command = /: agentgazer (.*)\n/.exec(out)![1]!;
      assert.ok(err.endsWith(`agentgazer: hint: agentgazer ${command}\n`), err);
      assert.equal((await line.run(command.split(" "), { stdin: ["\r"], isTerminal: true })).code, 0);
      assert.equal((await line.run(["providers", "test"], { upstream })).code, 0);
    });
  }
});

Deno.test("providers test gives each key that is in the wrong region its own command", async () => {
  using line = await withKeys("moonshot", "zhipu", "yi");
  const { upstream } = acceptedAt("api.moonshot.ai", "open.bigmodel.cn");
  const { code, out, err } = await line.run(["providers", "test"], { upstream });
  assert.equal(code, 3);
  assert.deepEqual(out.split("\n"), [
    "moonshot\trejected\tit belongs to the region global: agentgazer providers set moonshot --region global",
    "zhipu\trejected\tit belongs to the region cn: agentgazer providers set zhipu --region cn",
    "yi\trejected\tstore another one: agentgazer providers set yi",
    "",
  ]);
  assert.match(
    err,
    /^agentgazer: error: 3 credentials are not accepted\nagentgazer: hint: agentgazer providers set moonshot --/,
  );
});

Deno.test("providers test asks all other regions before the first has answered", async () => {
  using line = await withKeys("minimax");
  const all = Promise.withResolvers<void>();
  const fake = fakeUpstream(async ({ url }, count) => {
    if (count === 3) all.resolve();
    if (count > 1) await all.promise;
    return new Response("{}", { status: url.hostname === "api.minimaxi.com" ? 200 : 401 });
  });
  const { out } = await line.run(["providers", "test"], fake);
  assert.match(out, /region cn/);
});

Deno.test("providers test waits in vain for one region, and tells the other", async () => {
  using line = await withKeys("minimax");
  const fake = fakeUpstream(({ url }) =>
    url.hostname === "api.minimax.io"
      ? new Promise<Response>(() => {})
      : new Response("{}", { status: url.hostname === "api.minimaxi.com" ? 200 : 401 })
  );
  const slept: number[] = [];
  // Only the second call is late.
  const sleep = (milliseconds: number) =>
    slept.push(milliseconds) === 2 ? Promise.resolve() : new Promise<void>(() => {});
  const { out, code } = await line.run(["providers", "test"], { ...fake, upstream: fake.upstream, sleep });
  assert.match(out, /^minimax\trejected\tit belongs to the region cn: /);
  assert.deepEqual([code, slept], [3, [10_000, 10_000, 10_000]]);
  assert.ok(fake.calls.every(({ signal }) => signal.aborted));
});

Deno.test("providers test finds the region of a key without balance", async () => {
  using line = await withKeys("zhipu");
  const { upstream } = fakeUpstream(({ url }) =>
    url.hostname === "open.bigmodel.cn"
      ? Response.json({ error: { code: "1113" } }, { status: 429 })
      : new Response("{}", { status: 401 })
  );
  assert.match((await line.run(["providers", "test"], { upstream })).out, /set zhipu --region cn\n$/);
});

Deno.test("providers test reads a MiniMax rejection of status 200 in every region", async () => {
  using line = await withKeys("minimax");
  const fake = fakeUpstream(({ url }) =>
    Response.json({ base_resp: { status_code: url.hostname === "api.minimaxi.com" ? 0 : 2049 } })
  );
  const { code, out } = await line.run(["providers", "test"], fake);
  assert.equal(code, 3);
  const command = "agentgazer providers set minimax --region cn";
  assert.equal(out, `minimax\trejected\tit belongs to the region cn: ${command}\n`);
  assert.equal(fake.calls.length, 3);
});

Deno.test("providers test refuses a wrong region before anything is opened or sent", async (t) => {
  const rows: [name: string, config: string][] = [
    ["one that is unknown", '{"providers":{"moonshot":{"region":"mars"}}}'],
    ["one of the prototype", '{"providers":{"moonshot":{"region":"constructor"}}}'],
    ["one that is no text", '{"providers":{"moonshot":{"region":1}}}'],
    ["one of a provider without", '{"providers":{"openai":{"region":"cn"}}}'],
    ["a file that is no JSON", "["],
  ];
  using line = await withKeys("openai", "moonshot");
  for (const [name, config] of rows) {
    for (const isTerminal of [true, false]) {
      await t.step(`${name}${isTerminal ? ", on a terminal" : ""}`, async () => {
        Deno.writeTextFileSync(homeOf(line).config, config);
        // The vault can't be opened, which would be told first if it were tried.
        const key = Deno.readFileSync(homeOf(line).machineKey);
        Deno.removeSync(homeOf(line).machineKey);
        const fake = fakeUpstream(() => Response.json({}));
        const { code, out, err } = await line.run(["providers", "test"], {
          upstream: fake.upstream,
          isTerminal,
        });
        assert.deepEqual([code, out, fake.urls], [2, "", []]);
        assert.match(err.split("\n").at(-3)!, /^agentgazer: error: Cannot (use the region that|read) /);
        assert.doesNotMatch(err, /waiting for/);
        Deno.writeFileSync(homeOf(line).machineKey, key, { mode: 0o600 });
      });
    }
  }
  await t.step("not of a provider that is not asked", async () => {
    Deno.writeTextFileSync(homeOf(line).config, '{"providers":{"moonshot":{"region":"mars"}}}');
    assert.equal((await line.run(["providers", "test", "openai"], acceptedAt("api.openai.com"))).code, 0);
  });
});
