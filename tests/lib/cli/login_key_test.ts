import assert from "node:assert/strict";
import { KEY_PAGES } from "../../../lib/oauth/services/zhipu.ts";
import { providerById } from "../../../lib/providers/table.ts";
import { commandLine, type CommandOptions } from "../../support/command_line.ts";
import { ID, kept, logIn, scene } from "../../support/plan_scene.ts";

Deno.test("login to the Coding Plan keeps a key that the plan takes, with its region", async (t) => {
  for (const region of ["global", "cn"] as const) {
    for (const isTerminal of [true, false]) {
      await t.step(`${region}, ${isTerminal ? "typed" : "from stdin"}`, async () => {
        using line = commandLine();
        const plan = scene();
        const key = plan.zhipu.makeKey(region);
        const { code, out, err } = await logIn(line, plan, key, ["--region", region], { isTerminal });
        assert.deepEqual([code, out], [0, ""], err);
        assert.ok(!err.includes(key.slice(0, 8)) && !err.includes(key.slice(-8)));
        assert.deepEqual(JSON.parse((await kept(line))!), { accessToken: key });
        const [row] = JSON.parse((await line.run(["providers", "list", "--json"])).out);
        const { status, endpoint } = row;
        const { regions } = providerById(ID)!;
        assert.deepEqual([row.region, status, endpoint], [region, "logged-in", regions![region]]);
        assert.deepEqual(plan.hosts, [region === "cn" ? "open.bigmodel.cn" : "api.z.ai"]);
      });
    }
  }
});

Deno.test("login to the Coding Plan shows the terms, and the page of its region", async (t) => {
  const rows: [what: string, args: string[], options: CommandOptions, opens: boolean][] = [
    ["at a terminal", [], { isTerminal: true }, true],
    ["with --no-browser", ["--no-browser"], { isTerminal: true }, false],
    ["without a terminal", [], {}, false],
  ];
  for (const [what, args, options, opens] of rows) {
    for (const region of ["global", "cn"] as const) {
      await t.step(`${what}, ${region}`, async () => {
        using line = commandLine();
        const plan = scene();
        const key = plan.zhipu.makeKey(region);
        const { code, err } = await logIn(line, plan, key, [...args, "--region", region], options);
        assert.equal(code, 0, err);
        assert.match(err, /^Zhipu has no public login for other programs/);
        const [own, other] = region === "cn"
          ? [KEY_PAGES.cn!, KEY_PAGES.global!]
          : [KEY_PAGES.global!, KEY_PAGES.cn!];
        assert.ok(err.includes(`\n${own}\n`) && !err.includes(other), err);
        assert.deepEqual(plan.opened, opens ? [own] : []);
        assert.equal(/API key \(not shown\): \n/.test(err), options.isTerminal === true);
      });
    }
  }
});

Deno.test("login to the Coding Plan takes global for the region, unless config.json says another", async (t) => {
  for (const region of ["global", "cn"] as const) {
    await t.step(region, async () => {
      using line = commandLine();
      if (region === "cn") {
        Deno.mkdirSync(line.home, { mode: 0o700 });
        Deno.writeTextFileSync(`${line.home}/config.json`, `{"providers":{"${ID}":{"region":"cn"}}}`, {
          mode: 0o600,
        });
      }
      const plan = scene();
      const { code, err } = await logIn(line, plan, plan.zhipu.makeKey(region));
      assert.equal(code, 0, err);
      assert.ok(err.includes(`\n${KEY_PAGES[region]}\n`));
    });
  }
});
