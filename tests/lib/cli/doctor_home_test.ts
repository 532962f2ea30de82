import assert from "node:assert/strict";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { assertOnly, checkUp } from "../../support/check_up.ts";
import { commandLine } from "../../support/command_line.ts";

Deno.test("doctor tells a home that can't be used as a finding, and checks the rest", async (t) => {
  for (const folder of ["relative", `./${CANARY}`, "~/.agentgazer"]) {
    await t.step(JSON.stringify(folder), async () => {
      using line = commandLine();
      const result = await checkUp(line, { env: { AGENTGAZER_HOME: folder } });
      const fix = "set AGENTGAZER_HOME to an absolute path";
      assertOnly(result, "home", "error", /: the path is not absolute$/, fix);
      assert.deepEqual([result.code, result.error?.code, result.error?.hint], [2, "usage", fix]);
      assert.equal(result.error?.message, "1 thing is wrong");
      const checks = result.findings.map(({ check }) => check);
      assert.deepEqual(checks, ["version", "home", "port", "environment", "network", "clock"]);
      assertNoCanary(result.text, "doctor --json");
    });
  }
  await t.step("below a file", async () => {
    using line = commandLine();
    Deno.writeTextFileSync(line.home, "");
    const { troubles, code } = await checkUp(line, { env: { AGENTGAZER_HOME: `${line.home}/below` } });
    assert.equal(troubles[0]!.check, "home");
    assert.ok(troubles.every(({ level }) => level === "error"));
    assert.equal(code, 5);
  });
});

Deno.test("doctor prints an unusable home in words too", async () => {
  using line = commandLine();
  const upstream = () => Promise.resolve(new Response());
  const { code, out, err } = await line.run(["doctor"], { upstream, env: { AGENTGAZER_HOME: "relative" } });
  assert.equal(code, 2);
  assert.match(out, /^ok +version: .*\nerror +home: .* not absolute\n {8}fix: set AGENTGAZER_HOME /);
  assert.match(err, /^agentgazer: error: 1 thing is wrong\nagentgazer: hint: set AGENTGAZER_HOME .*\n$/);
});
