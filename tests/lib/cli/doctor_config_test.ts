import assert from "node:assert/strict";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { assertOnly, checkUp } from "../../support/check_up.ts";
import { commandLine } from "../../support/command_line.ts";
import { homeOf } from "../../support/command_vault.ts";

/** What mends a file that is no JSON object. */
const MEND = /^correct it in an editor, or move it away: mv \S+config\.json \S+config\.json\.bad$/;

Deno.test("doctor says why config.json can't be used", async (t) => {
  const rows: [name: string, config: string | Uint8Array, message: RegExp, fix: RegExp][] = [
    ["no JSON", `{\n"apiKey": ${CANARY}`, /is not valid JSON \(line 2\)$/, MEND],
    ["empty", "", /is not valid JSON \(line 1\)$/, MEND],
    ["a list", `["${CANARY}"]`, /is not a JSON object/, MEND],
    ["a text", `"${CANARY}"`, /is not a JSON object/, MEND],
    ["comments", "{} // no", /is not valid JSON \(line 1\)$/, MEND],
    ["no UTF-8", new Uint8Array([0x7b, 0xff, 0x7d]), /is not valid JSON$/, MEND],
    ["nested without end", '{"a":'.repeat(200_000), /is not valid JSON$/, MEND],
    [
      "another region",
      `{"providers":{"zhipu":{"region":"${CANARY}"}}}`,
      /for Zhipu GLM: its regions are global, cn$/,
      /^agentgazer providers set zhipu --region global$/,
    ],
    [
      "MiniMax's, of another",
      '{"providers":{"zhipu":{"region":"legacy"}}}',
      /its regions are global, cn$/,
      /--region global$/,
    ],
    [
      "another of MiniMax",
      '{"providers":{"minimax":{"region":"us"}}}',
      /are global, cn, legacy$/,
      /--region global$/,
    ],
    ["a region that is no text", '{"providers":{"zhipu":{"region":1}}}', /global, cn$/, /--region global$/],
    [
      "a region of a provider without",
      '{"providers":{"openai":{"region":"cn"}}}',
      /it has no regions$/,
      /^leave it out$/,
    ],
  ];
  for (const [name, config, message, fix] of rows) {
    await t.step(name, async () => {
      using line = commandLine();
      await line.run(["clients", "add", "ci"]);
      const bytes = typeof config === "string" ? new TextEncoder().encode(config) : config;
      Deno.writeFileSync(homeOf(line).config, bytes);
      const result = await checkUp(line);
      assertOnly(result, "config", "error", message, fix);
      assert.equal(result.code, 2);
      assertNoCanary(result.text, "doctor --json");
    });
  }
  await t.step("others may write to it", async () => {
    using line = commandLine();
    await line.run(["providers", "set", "moonshot", "--region", "global"], { stdin: ["key"] });
    Deno.chmodSync(homeOf(line).config, 0o666);
    const result = await checkUp(line);
    assertOnly(result, "config", "error", /others may write to it/, /^chmod go-w \S+config\.json$/);
    assert.equal(result.code, 6);
  });
});

Deno.test("doctor tells every wrong region, and the plaintext of a line once", async () => {
  using line = commandLine();
  await line.run(["clients", "add", "ci"]);
  const providers = {
    openai: { apiKey: CANARY },
    mistral: { region: "cn" },
    zhipu: { region: "mars" },
    moonshot: { region: "cn" },
    minimax: { region: "mars", apiKey: CANARY },
  };
  Deno.writeTextFileSync(homeOf(line).config, JSON.stringify({ providers }));
  const { troubles, code } = await checkUp(line);
  const told = troubles.map(({ check, level, message }) => {
    assert.deepEqual([check, level], ["config", "error"]);
    return /plaintext key|Mistral|Zhipu|MiniMax|Moonshot/.exec(message)?.[0];
  });
  assert.deepEqual(told, ["plaintext key", "Mistral", "Zhipu", "MiniMax"]);
  assert.equal(code, 6);
});

Deno.test("doctor warns that a config.json that is a link is not changed", async (t) => {
  const rows: [name: string, spoil: (path: string) => void, message: RegExp][] = [
    ["a link", (path) => {
      Deno.renameSync(path, `${path}.real`);
      Deno.symlinkSync(`${path}.real`, path);
    }, /config\.json: it is a link$/],
    ["a second hard link", (path) => Deno.linkSync(path, `${path}.other`), /it has a second hard link$/],
  ];
  for (const [name, spoil, message] of rows) {
    await t.step(name, async () => {
      using line = commandLine();
      await line.run(["providers", "set", "moonshot", "--region", "global"], { stdin: ["key"] });
      const { config } = homeOf(line);
      spoil(config);
      const result = await checkUp(line);
      assertOnly(result, "config", "warning", message, /^\(umask 077 && cp .*\)$/);
      assert.equal(result.code, 0);
      // As it says: read, but not replaced.
      const enter = { stdin: ["\r"], isTerminal: true };
      assert.equal((await line.run(["providers", "set", "moonshot", "--region", "cn"], enter)).code, 6);
      const fix = result.troubles[0]!.fix!;
      assert.ok((await new Deno.Command("sh", { args: ["-c", fix] }).output()).success);
      assert.deepEqual((await checkUp(line)).troubles, []);
    });
  }
  await t.step("a link to one with a key", async () => {
    using line = commandLine();
    await line.run(["clients", "add", "ci"]);
    const real = `${line.home}/real.json`;
    Deno.writeTextFileSync(real, `{"providers":{"openai":{"apiKey":"${CANARY}"}}}`);
    Deno.symlinkSync(real, homeOf(line).config);
    const { troubles, code } = await checkUp(line);
    assert.deepEqual(troubles.map(({ level }) => level), ["warning", "error"]);
    assert.match(troubles[1]!.fix!, /^delete it from /);
    assert.equal(code, 6);
  });
  await t.step("a link to nothing", async () => {
    using line = commandLine();
    await line.run(["clients", "add", "ci"]);
    Deno.symlinkSync(`${line.home}/nowhere`, homeOf(line).config);
    const { findings } = await checkUp(line);
    assert.ok(findings.some(({ check }) => check === "config"));
  });
});
