import assert from "node:assert/strict";
import { commandLine } from "../../support/command_line.ts";
import { damageEntry, putEntry } from "../../support/command_vault.ts";
import { fakeUpstream } from "../../support/fake_upstream.ts";
import { loginServer } from "../../support/login_server.ts";
import { denies, GOOD, KEPT, OVER, renews, taking, testLogins } from "../../support/tested_logins.ts";

const ID = "openai-oauth";

Deno.test("providers test has no key of a plan renewed", async () => {
  using line = commandLine();
  await putEntry(line, "login", "zhipu-coding-plan", JSON.stringify(KEPT), { region: "global" });
  const [provider, logins] = [taking([]), loginServer(renews)];
  const { code, rows } = await testLogins(line, provider, logins);
  const detail = "store another one: agentgazer login zhipu-coding-plan";
  assert.deepEqual([code, rows], [3, [{ id: "zhipu-coding-plan", result: "rejected", detail }]]);
  assert.deepEqual(logins.calls, []);
});

Deno.test("providers test asks where a login was made, whatever config.json says", async () => {
  using line = commandLine();
  await putEntry(line, "login", "minimax-oauth", JSON.stringify(KEPT), { region: "cn" });
  const config = { providers: { "minimax-oauth": { region: "global" } } };
  Deno.writeTextFileSync(`${line.home}/config.json`, JSON.stringify(config));
  const provider = taking(["access-0"]);
  const { code } = await testLogins(line, provider, loginServer(renews));
  assert.equal(code, 0);
  assert.deepEqual(provider.urls, ["https://api.minimaxi.com/anthropic/v1/models"]);
});

Deno.test("providers test sends a login to no other region than its own", async (t) => {
  for (const id of ["zhipu-coding-plan", "minimax-oauth"]) {
    await t.step(id, async () => {
      using line = commandLine();
      await putEntry(line, "login", id, '{"accessToken":"access-0"}', { region: "global" });
      const hosts: string[] = [];
      const provider = fakeUpstream(({ url }) => {
        hosts.push(url.hostname);
        return Response.json({}, { status: 401 });
      });
      const { rows } = await testLogins(line, provider, loginServer(renews));
      const detail = `store another one: agentgazer login ${id}`;
      assert.deepEqual(rows, [{ id, result: "rejected", detail }]);
      assert.deepEqual(hosts, [id === "minimax-oauth" ? "api.minimax.io" : "api.z.ai"]);
    });
  }
});

Deno.test("providers test checks the others when one login is damaged, and one has ended", async () => {
  using line = commandLine();
  await line.run(["providers", "set", "yi"], { stdin: ["key-of-yi"] });
  await putEntry(line, "login", ID, JSON.stringify(KEPT), OVER);
  await putEntry(line, "login", "minimax-oauth", JSON.stringify(KEPT), GOOD);
  damageEntry(line, "login:minimax-oauth");
  const { code, rows } = await testLogins(line, taking(["key-of-yi"]), loginServer(denies));
  assert.equal(code, 8);
  assert.deepEqual(rows.map(({ id, result }) => `${id} ${result}`), [
    "openai-oauth rejected",
    "minimax-oauth unknown",
    "yi valid",
  ]);
});
