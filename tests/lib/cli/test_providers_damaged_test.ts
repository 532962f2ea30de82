import assert from "node:assert/strict";
import { type CommandLine, commandLine } from "../../support/command_line.ts";
import { damageEntry, putEntry, tamper } from "../../support/command_vault.ts";
import { fakeUpstream } from "../../support/fake_upstream.ts";

const DAMAGED = { result: "unknown", detail: "its entry in the vault is damaged" };

const VALID = { result: "valid" };

/** Openai, Mistral and Yi have a key. */
async function withKeys(): Promise<CommandLine> {
  const line = commandLine();
  for (const id of ["openai", "mistral", "yi"]) await line.run(["providers", "set", id], { stdin: ["key"] });
  return line;
}

Deno.test("providers test says which entry is damaged, and checks the others", async (t) => {
  using line = await withKeys();
  damageEntry(line, "api-key:mistral");
  const rows: [ids: string[], results: Record<string, object>, code: number][] = [
    [[], { openai: VALID, mistral: DAMAGED, yi: VALID }, 8],
    [["yi", "mistral"], { mistral: DAMAGED, yi: VALID }, 8],
    [["mistral"], { mistral: DAMAGED }, 8],
    [["openai"], { openai: VALID }, 0],
  ];
  for (const [ids, results, code] of rows) {
    await t.step(`${ids} is ${code}`, async () => {
      const fake = fakeUpstream(() => Response.json({}));
      const { upstream } = fake;
      const json = await line.run(["providers", "test", ...ids, "--json"], { upstream });
      assert.equal(json.code, code);
      assert.deepEqual(JSON.parse(json.out), Object.entries(results).map(([id, row]) => ({ id, ...row })));
      assert.equal(fake.calls.length, Object.values(results).filter((row) => row === VALID).length);
      if (code === 0) return assert.equal(json.err, "");
      const { code: name, message, hint } = JSON.parse(json.err).error;
      assert.equal(name, "vault_damaged");
      assert.match(message, /stored key of mistral: it is damaged$/);
      assert.equal(hint, "agentgazer providers remove mistral");
      const text = await line.run(["providers", "test", ...ids], { upstream });
      assert.match(text.out, /^mistral\tunknown\tits entry in the vault is damaged$/m);
      assert.match(text.err, /stored key of mistral: it is damaged\n.*providers remove mistral\n/);
    });
  }
});

Deno.test("providers test takes a damaged entry for worse than what providers answer", async (t) => {
  for (const status of [401, 403, 500]) {
    await t.step(`${status}`, async () => {
      using line = await withKeys();
      damageEntry(line, "api-key:yi");
      damageEntry(line, "api-key:mistral");
      const { upstream } = fakeUpstream(() => new Response("{}", { status }));
      const { code, out, err } = await line.run(["providers", "test"], { upstream });
      assert.equal(code, 8);
      assert.equal(out.match(/\tits entry in the vault is damaged$/gm)!.length, 2);
      assert.match(err, /^agentgazer: error: .*stored key of mistral/);
    });
  }
});

Deno.test("providers test takes an entry for damaged whose clear part was changed", async () => {
  using line = await withKeys();
  tamper(line, (entries) => entries.set("api-key:openai", { kind: "api-key" }));
  const fake = fakeUpstream(() => Response.json({}));
  const { code, out } = await line.run(["providers", "test"], fake);
  assert.equal(code, 8);
  assert.match(out, /^openai\tunknown\tits entry .*\nmistral\tvalid\t\nyi\tvalid\t\n$/);
});

Deno.test("providers test takes a login that is no JSON, or has no token, for damaged", async (t) => {
  const bad = ["", "x", "null", "[]", "{}", '{"accessToken":""}', '{"accessToken":1}'];
  for (const value of [...bad, '{"accessToken":"a\\r\\nb: c"}', '{"accessToken":"a b"}']) {
    await t.step(JSON.stringify(value), async () => {
      using line = commandLine();
      await line.run(["providers", "set", "yi"], { stdin: ["key"] });
      await putEntry(line, "login", "openai-oauth", value);
      const fake = fakeUpstream(() => Response.json({}));
      const { code, out } = await line.run(["providers", "test", "--json"], fake);
      assert.equal(code, 8);
      assert.deepEqual(JSON.parse(out), [{ id: "openai-oauth", ...DAMAGED }, { id: "yi", ...VALID }]);
      assert.deepEqual(fake.urls, ["https://api.lingyiwanwu.com/v1/models"]);
    });
  }
});
