import assert from "node:assert/strict";
import { Refusal } from "../../../lib/proxy/refusal.ts";
import { checkUp, snapshot, telling } from "../../support/check_up.ts";
import { commandLine } from "../../support/command_line.ts";
import { damageEntry, homeOf, putEntry } from "../../support/command_vault.ts";
import { START_TIME } from "../../support/fake_system.ts";

const upstream = telling(START_TIME);

Deno.test("doctor finds nothing wrong where nothing is", async (t) => {
  using line = commandLine();
  await t.step("without a vault, which it does not make", async () => {
    const { ok, findings, troubles } = await checkUp(line);
    assert.ok(ok);
    assert.deepEqual(troubles, []);
    assert.match(findings.find(({ check }) => check === "home")!.message, /is not there yet/);
    await assert.rejects(Deno.stat(line.home), Deno.errors.NotFound);
  });
  await t.step("with a key, a client, a region and a login", async () => {
    await line.run(["providers", "set", "openai"], { stdin: ["key"] });
    await line.run(["providers", "set", "moonshot", "--region", "global"], { stdin: ["key"] });
    await line.run(["clients", "add", "ci"]);
    await putEntry(line, "login", "openai-oauth", '{"accessToken":"a"}', {
      expiresAt: "2099-01-01T00:00:00.000Z",
    });
    const { ok, findings, troubles } = await checkUp(line);
    assert.ok(ok);
    assert.deepEqual(troubles, []);
    const checks = new Set(findings.map(({ check }) => check));
    const all = ["version", "home", "files", "config", "keystore", "api-key", "login", "client", "port"];
    for (const check of [...all, "environment", "network", "clock"]) assert.ok(checks.has(check), check);
    assert.match(findings[0]!.message, /^agentgazer 1\.2\.3, Deno 1\.2\.3, testos$/);
    const { message } = findings.find(({ check }) => check === "keystore")!;
    assert.match(message, /^machine: open; chosen because .+$/);
  });
});

Deno.test("doctor prints a line for each finding, and the fix below", async (t) => {
  using line = commandLine();
  await line.run(["providers", "set", "openai"], { stdin: ["key"] });
  Deno.chmodSync(line.home, 0o755);
  await t.step("without a terminal", async () => {
    const { code, out, err } = await line.run(["doctor"], { upstream });
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^ok +version: agentgazer 1\.2\.3/);
    assert.ok(
      out.includes(`warning home: ${line.home} can be looked into by others\n        fix: chmod 700 `),
      out,
    );
    assert.ok(!out.includes("\x1b"));
  });
  await t.step("in colour", async () => {
    const { out } = await line.run(["doctor"], { upstream, isTerminal: true });
    assert.ok(out.includes("\x1b[33mwarning\x1b[0m home"), out);
    const plain = await line.run(["doctor"], { upstream, isTerminal: true, env: { NO_COLOR: "1" } });
    assert.ok(!plain.out.includes("\x1b"));
  });
  await t.step("with an error behind", async () => {
    Deno.chmodSync(homeOf(line).vault, 0o644);
    const { code, out, err } = await line.run(["doctor"], { upstream });
    assert.equal(code, 6);
    assert.match(out, /\nerror +files: Cannot use .*vault\.json: others may open it\n {8}fix: chmod 600 /);
    assert.match(err, /^agentgazer: error: \d things? (is|are) wrong\nagentgazer: hint: chmod 600 .*\n$/);
  });
});

Deno.test("doctor ends with the code of the first error", async (t) => {
  const damage = (line: Disposable & { home: string }) =>
    Deno.writeTextFileSync(`${line.home}/vault.json`, "{");
  const rows: [
    name: string,
    spoil: (line: ReturnType<typeof commandLine>) => void,
    code: number,
    error: string,
  ][] = [
    ["a warning only", (line) => Deno.chmodSync(line.home, 0o750), 0, ""],
    ["a damaged entry", (line) => damageEntry(line, "api-key:openai"), 8, "vault_damaged"],
    ["a damaged vault", damage, 8, "vault_damaged"],
    ["a file with open modes", (line) => Deno.chmodSync(homeOf(line).vault, 0o640), 6, "refused"],
    ["a lost machine key", (line) => Deno.removeSync(homeOf(line).machineKey), 5, "keystore_unavailable"],
    ["a config.json that is none", (line) => Deno.writeTextFileSync(homeOf(line).config, "["), 2, "usage"],
    [
      "both",
      (line) => {
        damage(line);
        Deno.writeTextFileSync(homeOf(line).config, "[");
      },
      2,
      "usage",
    ],
  ];
  for (const [name, spoil, code, error] of rows) {
    await t.step(`${name} is ${code}`, async () => {
      using line = commandLine();
      await line.run(["providers", "set", "openai"], { stdin: ["key"] });
      spoil(line);
      const result = await checkUp(line);
      assert.equal(result.code, code, result.text);
      assert.equal(result.error?.code ?? "", error);
      if (code === 0) return;
      const first = result.troubles.find(({ level }) => level === "error")!;
      assert.equal(result.error!.hint, first.fix);
    });
  }
});

Deno.test("doctor changes nothing", async () => {
  using line = commandLine();
  await line.run(["providers", "set", "openai"], { stdin: ["key"] });
  damageEntry(line, "api-key:openai");
  Deno.writeTextFileSync(homeOf(line).config, '{"providers":{"openai":{"apiKey":"sk-1"},"mistral":"m"}}');
  Deno.chmodSync(line.home, 0o755);
  const before = snapshot(line.home);
  await line.run(["doctor"], { upstream });
  await line.run(["doctor", "--json"], {
    upstream: () => Promise.reject(new Refusal("upstream_failed", "no")),
  });
  assert.deepEqual(snapshot(line.home), before);
});
